-- What the last moments of a thread were, and what they changed.
SELECT sequence, step, source, created_at, body->'ran' AS ran, body->'change' AS change
FROM graph.moments
WHERE namespace = 'support' AND thread = 'user-42' AND path = ''
ORDER BY sequence DESC LIMIT 10;

-- The threads whose last step asked somebody something: what, and when.
SELECT thread, created_at, body->'ran' AS node, turn->'questions' AS questions
FROM graph.moments, jsonb_array_elements(body->'asked') AS turn
WHERE namespace = 'support' AND is_head
ORDER BY created_at;
