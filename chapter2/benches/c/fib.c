// The Fibonacci numbers by their definition.
static double fib(double n) {
    return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

double bench(double n) { return fib(n); }
