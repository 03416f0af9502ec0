// Linked views: the part that has the focus, or is pointed at, lights its
// relatives. Without this script the panes stand side by side.

(function () {
    'use strict';

    for (const figure of document.querySelectorAll('.linked')) {
        // Relatives are named by their numbers in this list.
        const parts = [...figure.querySelectorAll('[data-same]')];
        const panes = [...figure.querySelectorAll('.pane')];
        const pane = part => panes.indexOf(part.closest('.pane'));
        const inside = number => parts.filter(part => pane(part) === number);
        const list = numbers => (numbers?.match(/\d+/g) ?? []).map(n => parts[n]);
        const same = part => list(part.dataset.same);

        function add(to, tag, name) {
            const element = document.createElement(tag);
            element.className = name;
            to.append(' ', element);
            return element;
        }
        add(figure.querySelector('figcaption'), 'span', 'item hint').textContent =
            'point, tap, or use the arrow keys';
        const said = add(figure, 'p', 'said');
        said.setAttribute('aria-live', 'polite');

        function light(part) {
            for (const other of parts) {
                other.classList.remove('here', 'part');
                other.removeAttribute('aria-current');
            }
            part?.classList.add('here');
            list(part?.dataset.part).forEach(other => other.classList.add('part'));
            list(part?.dataset.same).forEach(
                other => other.setAttribute('aria-current', 'true'));
        }

        // The part that the tab key leads to.
        let at = parts[0];
        parts.forEach(part => { part.tabIndex = part === at ? 0 : -1; });
        const partOf = element => element.closest('[data-same]');
        const focused = () => parts.find(part => part === document.activeElement);

        figure.addEventListener('pointerover',
            event => light(partOf(event.target) ?? focused()));
        figure.addEventListener('pointerleave', () => light(focused()));
        figure.addEventListener('focusout', () => light());
        figure.addEventListener('focusin', event => {
            const part = partOf(event.target);
            if (!part) return;
            at.tabIndex = -1;
            at = part;
            at.tabIndex = 0;
            light(at);
            said.textContent = same(at).filter(other => pane(other) !== pane(at))
                .map(other => panes[pane(other)].getAttribute('aria-label')
                    + ': ' + other.textContent.trim())
                .join('; ');
        });

        figure.addEventListener('keydown', event => {
            const row = inside(pane(at));
            // Into a pane beside this one, to a relative if there is one.
            const beside = number =>
                same(at).find(part => pane(part) === number) ?? inside(number)[0];
            const to = {
                ArrowUp: () => row[row.indexOf(at) - 1],
                ArrowDown: () => row[row.indexOf(at) + 1],
                ArrowLeft: () => beside(pane(at) - 1),
                ArrowRight: () => beside(pane(at) + 1),
                Home: () => row[0],
                End: () => row.at(-1),
            }[event.key];
            if (!to || !focused() || event.ctrlKey || event.altKey || event.metaKey) {
                return;
            }
            // Elsewhere on the page, these keys turn the page.
            event.preventDefault();
            event.stopPropagation();
            to()?.focus();
        });
    }
})();
