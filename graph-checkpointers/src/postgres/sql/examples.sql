-- What the last moments of a thread were, and what they changed.
SELECT sequence, step, source, created_at, body->'ran' AS ran, body->'change' AS change
FROM graph.moments
WHERE namespace = 'support' AND thread = 'user-42' AND path = ''
ORDER BY sequence DESC LIMIT 10;

-- Who waits for an answer, to what, and since when.
SELECT thread, created_at, turn->>'node' AS node, turn->'questions' AS questions
FROM graph.moments, jsonb_array_elements(body->'started') AS turn
WHERE namespace = 'support' AND is_head AND turn ? 'questions'
ORDER BY created_at;
