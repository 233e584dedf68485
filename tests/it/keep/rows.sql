-- What a user of the first version had: one source that was polled, one that was removed, one that is gone.
insert into source (id, name, url, published_as, next_poll_at, next_poll_reason, etag, last_modified, body_hash, rules_version,
    failures, pace, last_poll_at, last_success_at, outcome, moved_to, revision, changed_at, head_hash, raw, clean, warnings, removals)
values (1, 'press', 'https://press.example/feed', 'http://localhost:8484 50', 1780001800, 'every 30m', '"v1"',
    'Tue, 26 May 2026 10:00:00 GMT', 'b0d7', 'rules-1', 0, '{"ttl_seconds":1800}', 1780000000, 1780000000, 'changed',
    'https://press.example/new', 7, 1779999000, 'head-1',
    '{"format":"rss","title":{"kind":"plain","value":"The Press"},"link":"https://press.example/","order":"tls"}',
    '{"format":"rss","title":{"kind":"plain","value":"The Press"},"link":"https://press.example/","order":"tls"}', '[]', '[]');
insert into source (id, name, url, next_poll_at, last_poll_at, outcome, revision, removed_at)
values (2, 'former', 'https://former.example/feed', 1780001800, 1780000000, 'unchanged', 3, 1780000900);
insert into source (id, name, url, next_poll_at, next_poll_reason, failures, last_poll_at, outcome, detail, revision)
values (3, 'gone', 'https://gone.example/feed', null, 'the source said 410 Gone', 1, 1780000000, 'gone', null, 1);

insert into entry (id, source_id, key, first_seen_at, left_at, changed_at, sort_at, position, raw_hash, story_hash, updated_at,
    rules_version, raw, clean)
values (11, 1, 'cc71956574eff038', 1779990000, null, 1779990000, 1779980400, 0, 'raw-1', 'story-1', null, 'rules-1',
    '{"key":"cc71956574eff038","id":"num-000007","id_is_permalink":false,"link":"https://press.example/1","title":{"kind":"plain","value":"The lamp"},"published":{"raw":"Thu, 28 May 2026 15:00:00 GMT","time":"2026-05-28T15:00:00Z"},"content":{"kind":"html","value":"<p>The lamp was lit.</p><p>Leave a Reply</p>"},"content_is_description":true,"order":"itlps"}',
    '{"key":"cc71956574eff038","id":"num-000007","id_is_permalink":false,"link":"https://press.example/1","title":{"kind":"plain","value":"The lamp"},"published":{"raw":"Thu, 28 May 2026 15:00:00 GMT","time":"2026-05-28T15:00:00Z"},"content":{"kind":"html","value":"<p>The lamp was lit.</p>"},"content_is_description":true,"order":"itlps"}');
insert into entry (id, source_id, key, first_seen_at, left_at, changed_at, sort_at, position, raw_hash, story_hash, updated_at,
    rules_version, raw, clean)
values (12, 1, '0a1b2c3d4e5f6071', 1779900000, 1779990000, 1779950000, 1779900000, 1, 'raw-2', 'story-2', 1779950000, 'rules-1',
    '{"key":"0a1b2c3d4e5f6071","id":"id-2","title":{"kind":"plain","value":"The harbour"},"order":"it"}',
    '{"key":"0a1b2c3d4e5f6071","id":"id-2","title":{"kind":"plain","value":"The harbour"},"order":"it"}');
insert into removal (entry_id, number, field, pass, rule, evidence, before_text, after_text)
values (11, 1, 'content', 'comment-forms', 'an invitation to comment', null, '<p>Leave a Reply</p>', null);
insert into poll (source_id, started_at, duration_ms, outcome, detail, new_entries, updated_entries)
values (1, 1780000000, 12, 'changed', null, 2, 0);
insert into poll (source_id, started_at, duration_ms, outcome, detail, new_entries, updated_entries)
values (3, 1780000000, 8, 'gone', null, 0, 0);
