// A sum of which each term waits for the one before.
double bench(double n) {
    double sum = 0, i = 1;
    do sum = sum + i * 0.1; while (i++ < n);
    return 0.0 + sum;
}
