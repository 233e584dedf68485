// Adds a button behind everything that may be copied: what [data-copy] is on, named after its value or its heading.
(function () {
  const words = document.body.dataset;

  // Where the clipboard is closed (plain http), the text is selected and copied the old way.
  function copy(text, done) {
    if (navigator.clipboard) return navigator.clipboard.writeText(text).then(done);
    const area = document.createElement('textarea');
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
    done();
  }

  document.querySelectorAll('main [data-copy]').forEach(function (from) {
    const isAddress = from.href || from.className === 'address';
    const name = isAddress ? words.address : words.copy;
    const heading = (from.closest('li') || document.querySelector('main')).querySelector('h1, h2');
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'copy';
    button.textContent = name;
    button.setAttribute('aria-label', name + ': ' + (from.dataset.copy || heading.textContent));
    button.onclick = function () {
      // A link that opens a reader is feed:https://…
      copy(from.href ? from.href.replace(/^feed:/, '') : from.textContent, function () {
        button.textContent = words.copied;
        setTimeout(function () { button.textContent = name; }, 2000);
      });
    };
    from.after(' ', button);
  });
})();
