// Nested loops with a product. Kaleidoscope's loops test the old counter.
double bench(double n) {
    double sum = 0, i = 1;
    do {
        double j = 1;
        do sum = sum + i * j; while (j++ < n);
    } while (i++ < n);
    return 0.0 + sum;
}
