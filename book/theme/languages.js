// The two languages of this book that its highlighter does not know:
// Kaleidoscope, and the text form of our IR.

(function () {
    'use strict';

    function kaleidoscope(hljs) {
        return {
            keywords: 'def extern if then else for in binary unary var',
            contains: [
                hljs.HASH_COMMENT_MODE,
                { className: 'title', begin: /(?<=\b(def|extern)\s+)[A-Za-z]\w*/ },
                { className: 'number', begin: /\b\d+\.?\d*([eE][-+]?\d+)?|\.\d+/ },
            ],
        };
    }

    function ir(hljs) {
        return {
            keywords: 'function runtime slot const bconst add sub mul div ult oge ' +
                'one ueq from_bool select load store call jump branch return',
            contains: [
                hljs.COMMENT(';', '$'),
                { className: 'title', begin: /@[\w$.]+/ },
                { className: 'symbol', begin: /\bblock\d+\b/ },
                { className: 'type', begin: /\b(f64|bool)\b/ },
                { className: 'variable', begin: /\b(v|fn|s)\d+\b/ },
                { className: 'number', begin: /-?\b\d[\w.+]*/ },
            ],
        };
    }

    hljs.registerLanguage('kaleidoscope', kaleidoscope);
    hljs.registerLanguage('ir', ir);
    // mdBook has highlighted the page already, but for these.
    const ours = 'code.language-kaleidoscope, code.language-ir, ' +
        'code.lang-kaleidoscope, code.lang-ir';
    for (const block of document.querySelectorAll(ours)) {
        hljs.highlightBlock(block);
    }
})();
