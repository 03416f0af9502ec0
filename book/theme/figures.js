// The stepper: one step at a time. Without this script it is a list.

(function () {
    'use strict';

    for (const figure of document.querySelectorAll('.stepper')) {
        const steps = [...figure.querySelectorAll('ol > li')];
        let at = 0;
        const place = document.createElement('span');
        place.setAttribute('aria-live', 'polite');

        function show(step) {
            at = Math.max(0, Math.min(steps.length - 1, step));
            steps.forEach((li, index) => li.classList.toggle('now', index === at));
            place.textContent = `step ${at + 1} of ${steps.length}`;
        }

        function button(text, label, by) {
            const button = document.createElement('button');
            button.type = 'button';
            button.textContent = text;
            button.setAttribute('aria-label', label);
            button.addEventListener('click', () => show(at + by));
            return button;
        }

        const controls = document.createElement('div');
        controls.className = 'controls';
        controls.append(
            button('◀', 'previous step', -1), place, button('▶', 'next step', 1));
        figure.querySelector('ol').before(controls);
        figure.classList.add('playing');
        figure.tabIndex = 0;
        figure.setAttribute('role', 'group');
        figure.setAttribute('aria-label', 'A trace; arrow keys turn its steps');
        figure.addEventListener('keydown', event => {
            const to = {
                ArrowLeft: at - 1, ArrowRight: at + 1,
                Home: 0, End: steps.length - 1,
            }[event.key];
            if (to === undefined || event.ctrlKey || event.altKey || event.metaKey) {
                return;
            }
            // Elsewhere on the page, these keys turn the page.
            event.preventDefault();
            event.stopPropagation();
            show(to);
        });
        show(0);
    }
})();
