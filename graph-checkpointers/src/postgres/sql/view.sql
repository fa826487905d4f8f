-- The body of a payload as far as it is JSON that `jsonb` can hold; it has no NUL and no number without end there.
CREATE FUNCTION {schema}.body(payload bytea) RETURNS jsonb LANGUAGE plpgsql STABLE AS $graph$
DECLARE
    _end integer := position(decode('0a', 'hex') IN payload);
BEGIN
    IF substring(payload FOR 14) <> convert_to('moment/1 json ', 'UTF8') OR _end = 0 THEN
        RETURN NULL;
    END IF;
    RETURN convert_from(substring(payload FROM _end + 1), 'UTF8')::jsonb;
EXCEPTION
    WHEN data_exception OR program_limit_exceeded THEN
        RETURN NULL;
END $graph$;

-- A time as a person reads it, where there is such a one.
CREATE FUNCTION {schema}.moment_of(micros bigint) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $graph$
    SELECT CASE WHEN micros BETWEEN 0 AND 253402300799999999
        THEN timestamptz 'epoch' + micros * interval '1 microsecond'
    END
$graph$;

-- What is stored of each thread, for people. Nothing is kept for it: the bodies are read out of the payloads.
CREATE VIEW {schema}.moments AS
    SELECT t.namespace, t.thread, t.path, r.sequence, r.step, r.id, r.parent, r.source,
        {schema}.moment_of(r.created_at) AS created_at,
        {schema}.moment_of(r.due) AS due,
        r.base = r.id AS is_snapshot,
        r.sequence = t.sequence AS is_head,
        octet_length(r.payload) AS bytes,
        {schema}.body(r.payload) AS body
    FROM {schema}.records r JOIN {schema}.threads t ON t.number = r.thread;
