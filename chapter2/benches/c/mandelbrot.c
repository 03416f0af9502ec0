// The steps of n by n points around the Mandelbrot set.
static double escape(double cr, double ci, double limit) {
    double r = 0, i = 0, steps = 0;
    do {
        double next = r * r - i * i + cr;
        i = 2 * r * i + ci;
        r = next;
        steps = steps + 1;
    } while (steps < limit && r * r + i * i < 4);
    return steps;
}

double bench(double n) {
    double sum = 0, row = 1;
    do {
        double column = 1;
        do {
            double cr = column * 2.5 / n - 2, ci = row * 2.5 / n - 1.25;
            sum = sum + escape(cr, ci, 200);
        } while (column++ < n);
    } while (row++ < n);
    return 0.0 + sum;
}
