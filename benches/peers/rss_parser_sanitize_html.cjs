// A feed in, a clean feed out, by rss-parser and sanitize-html: what `benches/pipeline.rs` compares Feedwash with.
//
//     npm install rss-parser sanitize-html        (and NODE_PATH where that is not beside this file)
//
// `FOLDER probe` prints the names of the files that it reads; `FOLDER run` reads such names from standard input, and prints
// how many entries those files have and how many seconds of the processor they took. Neither package writes feeds, so what
// is published is a JSON Feed by `JSON.stringify`, than which nothing is quicker.

'use strict';

const fs = require('node:fs');
const path = require('node:path');
const Parser = require('rss-parser');
const sanitize = require('sanitize-html');

const parser = new Parser();
// Left to itself it takes all images out, which no reader of feeds would want.
const options = { allowedTags: sanitize.defaults.allowedTags.concat(['img', 'picture', 'source', 'video', 'audio', 'del', 'ins']) };
const clean = (text) => (text ? sanitize(text, options) : undefined);

/** The entries of a document and what is published of them. */
async function washed(body) {
  const feed = await parser.parseString(body.toString('utf8'));
  const items = feed.items.map((item) => ({
    id: item.guid || item.id || item.link,
    url: item.link,
    title: clean(item.title),
    date_published: item.isoDate,
    authors: item.creator ? [{ name: item.creator }] : undefined,
    tags: item.categories,
    summary: clean(item.summary),
    content_html: clean(item['content:encoded'] || item.content),
  }));
  const out = { version: 'https://jsonfeed.org/version/1.1', title: feed.title, home_page_url: feed.link, items };
  return [items.length, JSON.stringify(out)];
}

async function probe(folder) {
  for (const name of fs.readdirSync(folder).filter((name) => name.endsWith('.xml')).sort()) {
    try {
      const [entries] = await washed(fs.readFileSync(path.join(folder, name)));
      if (entries) console.log(name);
    } catch {
      // It reads this one not.
    }
  }
}

async function run(folder) {
  const names = fs.readFileSync(0, 'utf8').split(/\s+/).filter(Boolean);
  const bodies = names.map((name) => fs.readFileSync(path.join(folder, name)));
  for (const body of bodies) await washed(body);
  const start = process.cpuUsage();
  let all = 0;
  for (const body of bodies) all += (await washed(body))[0];
  const { user, system } = process.cpuUsage(start);
  console.log(all, (user + system) / 1e6);
}

({ probe, run })[process.argv[3]](process.argv[2]);
