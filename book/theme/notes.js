// Notes of terms and numbers: shown while one points at them or has the focus
// there, put away with Escape. Without this script, terms are links.

(function () {
    'use strict';

    const note = document.createElement('div');
    note.id = 'note';
    note.className = 'note';
    note.hidden = true;
    note.setAttribute('role', 'tooltip');
    document.body.append(note);
    document.documentElement.classList.add('notes');

    const GAP = 8;
    // So long may the pointer take from the word to its note.
    const PATIENCE = 200;
    let word = null;
    let timer = 0;

    const wordAt = event => event.target.closest?.('[data-note]') ?? null;

    function hide() {
        clearTimeout(timer);
        note.hidden = true;
        if (word?.getAttribute('aria-describedby') === note.id) {
            word.removeAttribute('aria-describedby');
        }
        word = null;
    }

    function show(target) {
        clearTimeout(timer);
        if (target === word) return;
        hide();
        word = target;
        note.textContent = word.dataset.note;
        note.hidden = false;
        // A number has a footnote that says the same.
        if (!word.hasAttribute('aria-describedby')) {
            word.setAttribute('aria-describedby', note.id);
        }
        place();
    }

    // Below the word, or above it where there is no room; never outside.
    function place() {
        if (word === null) return;
        const line = word.getClientRects()[0];
        const { width, height } = note.getBoundingClientRect();
        const { clientWidth, clientHeight } = document.documentElement;
        const right = clientWidth - width - GAP;
        const below = line.bottom + GAP / 2;
        const above = Math.max(GAP, line.top - GAP / 2 - height);
        const fits = below + height <= clientHeight;
        note.style.left = `${Math.max(GAP, Math.min(line.left, right))}px`;
        note.style.top = `${fits ? below : above}px`;
    }

    document.addEventListener('pointerover', event => {
        const target = wordAt(event);
        if (target !== null) {
            show(target);
        } else if (note.contains(event.target)) {
            clearTimeout(timer);
        } else if (word !== null && word !== document.activeElement) {
            clearTimeout(timer);
            timer = setTimeout(hide, PATIENCE);
        }
    });
    document.addEventListener('focusin', event => {
        const target = wordAt(event);
        if (target === null) hide(); else show(target);
    });
    document.addEventListener('focusout', hide);
    document.addEventListener('keydown', event => {
        if (event.key === 'Escape') hide();
    });
    document.addEventListener('scroll', place, { capture: true, passive: true });
    window.addEventListener('resize', place);
})();
