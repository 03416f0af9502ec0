// The reciprocal root of n, by n of Newton's steps.
double bench(double n) {
    double y = 1 / n, i = 1;
    do y = y * (1.5 - 0.5 * n * y * y); while (i++ < n);
    return 0.0 + y;
}
