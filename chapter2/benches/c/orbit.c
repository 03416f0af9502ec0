// A body around another one, by semi-implicit steps, under a force that falls
// with the third power of the distance: no roots.
double bench(double n) {
    double x = 1, y = 0, vx = 0, vy = 1, i = 1;
    do {
        double square = x * x + y * y, pull = 0.001 / (square * square);
        vx = vx - pull * x;
        vy = vy - pull * y;
        x = x + vx * 0.001;
        y = y + vy * 0.001;
    } while (i++ < n);
    return 0.0 + x + y;
}
