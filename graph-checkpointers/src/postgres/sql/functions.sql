-- Each change is one function, so that it is one round trip. Whoever changes something locks the thread's own row
-- first, then that of the path: nobody waits in a circle. A change of the whole thread locks its row for update,
-- which waits for all its paths.

-- What is acknowledged has reached the disk, also where a session asks for less.
CREATE FUNCTION {schema}.durably() RETURNS void LANGUAGE plpgsql AS $graph$
BEGIN
    IF current_setting('synchronous_commit') NOT IN ('on', 'remote_apply') THEN
        PERFORM set_config('synchronous_commit', 'on', true);
    END IF;
END $graph$;

-- Locks the row of a thread, or of one path of it, and says where it stands.
CREATE FUNCTION {schema}.hold(
    _namespace text, _thread text, _path text,
    OUT number bigint, OUT head text, OUT sequence bigint, OUT rewrites bigint, OUT epoch bigint
) LANGUAGE plpgsql AS $graph$
DECLARE
    _root bigint;
BEGIN
    IF _path = '' THEN
        SELECT t.number, t.head, t.sequence, t.rewrites, t.epoch
            INTO hold.number, hold.head, hold.sequence, hold.rewrites, hold.epoch
            FROM {schema}.threads t
            WHERE t.namespace = _namespace AND t.thread = _thread AND t.path = ''
            FOR NO KEY UPDATE;
    ELSE
        SELECT t.number, t.epoch INTO _root, hold.epoch
            FROM {schema}.threads t
            WHERE t.namespace = _namespace AND t.thread = _thread AND t.path = ''
            FOR KEY SHARE;
        SELECT t.number, t.head, t.sequence, t.rewrites
            INTO hold.number, hold.head, hold.sequence, hold.rewrites
            FROM {schema}.threads t
            WHERE t.root = _root AND t.path = _path
            FOR NO KEY UPDATE;
    END IF;
    hold.sequence := coalesce(hold.sequence, 0);
    hold.rewrites := coalesce(hold.rewrites, 0);
    hold.epoch := coalesce(hold.epoch, 0);
END $graph$;

-- Adds the row of a thread, or of one path of it, where there is none. Somebody else may have been faster, or may
-- have deleted the thread again: whoever calls this looks again.
CREATE FUNCTION {schema}.make(_namespace text, _thread text, _path text) RETURNS void LANGUAGE plpgsql AS $graph$
DECLARE
    _number bigint;
BEGIN
    PERFORM FROM {schema}.threads t WHERE t.namespace = _namespace AND t.thread = _thread AND t.path = '';
    IF NOT FOUND THEN
        _number := nextval('{schema}.numbers');
        INSERT INTO {schema}.threads (number, root, namespace, thread, path)
            VALUES (_number, _number, _namespace, _thread, '')
            ON CONFLICT DO NOTHING;
    END IF;
    IF _path <> '' THEN
        INSERT INTO {schema}.threads (number, root, namespace, thread, path)
            SELECT nextval('{schema}.numbers'), t.number, _namespace, _thread, _path
            FROM {schema}.threads t
            WHERE t.namespace = _namespace AND t.thread = _thread AND t.path = ''
            FOR KEY SHARE
            ON CONFLICT DO NOTHING;
    END IF;
END $graph$;

-- Applies a commit, or says where the thread stands if it doesn't apply. Its last record's id says that it has been
-- applied already; `_again` asks for that id in the whole thread.
CREATE FUNCTION {schema}.commit(
    _namespace text, _thread text, _path text,
    _any boolean, _expected text, _rewrites bigint, _epoch bigint, _last text, _again boolean,
    _ids text[], _parents text[], _bases text[], _sequences bigint[], _steps bigint[], _sources text[],
    _created bigint[], _dues bigint[], _payloads bytea[],
    _consumed text[], _received bigint[],
    _activations text[], _items bigint[], _kinds text[], _names text[], _writes bytea[],
    OUT done boolean, OUT head text, OUT sequence bigint, OUT lease bigint, OUT rewrites bigint
) LANGUAGE plpgsql AS $graph$
DECLARE
    _place record;
    _count integer := cardinality(_ids);
BEGIN
    LOOP
        _place := {schema}.hold(_namespace, _thread, _path);
        commit.head := _place.head;
        commit.sequence := _place.sequence;
        commit.lease := _place.epoch;
        commit.rewrites := _place.rewrites;
        commit.done := _last = _place.head OR _again AND EXISTS (
            SELECT FROM {schema}.records r WHERE r.thread = _place.number AND r.id = _last
        );
        IF done THEN
            RETURN;
        END IF;
        commit.done := (_epoch = 0 OR _epoch = _place.epoch)
            AND (_any OR _expected IS NOT DISTINCT FROM _place.head)
            AND (_count = 0 OR _rewrites = _place.rewrites AND _sequences[1] > _place.sequence);
        IF NOT done OR _count + cardinality(_consumed) + cardinality(_received) + cardinality(_activations) = 0 THEN
            RETURN;
        END IF;
        EXIT WHEN _place.number IS NOT NULL;
        PERFORM {schema}.make(_namespace, _thread, _path);
    END LOOP;
    PERFORM {schema}.durably();
    IF _count > 0 THEN
        INSERT INTO {schema}.records
            (thread, id, parent, base, sequence, step, source, created_at, due, payload)
            SELECT _place.number, added.*
            FROM unnest(_ids, _parents, _bases, _sequences, _steps, _sources, _created, _dues, _payloads) AS added;
        UPDATE {schema}.threads t
            SET head = _ids[_count], sequence = _sequences[_count], due = _dues[_count], changes = changes + 1
            WHERE t.number = _place.number;
    ELSE
        UPDATE {schema}.threads t SET changes = changes + 1 WHERE t.number = _place.number;
    END IF;
    IF cardinality(_consumed) > 0 THEN
        DELETE FROM {schema}.writes w WHERE w.thread = _place.number AND w.activation = ANY (_consumed);
    END IF;
    IF cardinality(_received) > 0 THEN
        DELETE FROM {schema}.messages m WHERE m.thread = _place.number AND m.position = ANY (_received);
    END IF;
    IF cardinality(_activations) > 0 THEN
        INSERT INTO {schema}.writes (thread, activation, item, kind, name, payload)
            SELECT _place.number, added.*
            FROM unnest(_activations, _items, _kinds, _names, _writes) AS added
            ON CONFLICT DO NOTHING;
    END IF;
END $graph$;

-- Applies a rewrite, or says where the thread stands if it doesn't apply.
CREATE FUNCTION {schema}.rewrite(
    _namespace text, _thread text, _path text, _any boolean, _expected text, _rewrites bigint, _removed text[],
    _ids text[], _parents text[], _bases text[], _sequences bigint[], _steps bigint[], _sources text[],
    _created bigint[], _dues bigint[], _payloads bytea[],
    _activations text[], _items bigint[], _kinds text[], _names text[], _writes bytea[],
    OUT done boolean, OUT head text, OUT sequence bigint, OUT lease bigint, OUT rewrites bigint
) LANGUAGE plpgsql AS $graph$
DECLARE
    _place record;
BEGIN
    _place := {schema}.hold(_namespace, _thread, _path);
    rewrite.head := _place.head;
    rewrite.sequence := _place.sequence;
    rewrite.lease := _place.epoch;
    rewrite.rewrites := _place.rewrites;
    rewrite.done := _rewrites = _place.rewrites AND (_any OR _expected IS NOT DISTINCT FROM _place.head);
    IF NOT done OR _place.number IS NULL THEN
        RETURN;
    END IF;
    PERFORM {schema}.durably();
    UPDATE {schema}.records r
        SET parent = new.parent, base = new.base, step = new.step, source = new.source,
            created_at = new.created_at, payload = new.payload
        FROM unnest(_ids, _parents, _bases, _sequences, _steps, _sources, _created, _dues, _payloads)
            AS new (id, parent, base, sequence, step, source, created_at, due, payload)
        WHERE r.thread = _place.number AND r.sequence = new.sequence AND r.id = new.id;
    DELETE FROM {schema}.records r WHERE r.thread = _place.number AND r.id = ANY (_removed);
    UPDATE {schema}.writes w
        SET payload = new.payload
        FROM unnest(_activations, _items, _kinds, _names, _writes) AS new (activation, item, kind, name, payload)
        WHERE w.thread = _place.number AND w.activation = new.activation AND w.item = new.item
            AND w.kind = new.kind AND w.name = new.name;
    UPDATE {schema}.threads t
        SET rewrites = t.rewrites + (cardinality(_removed) > 0)::integer, changes = changes + 1
        WHERE t.number = _place.number;
END $graph$;

-- Puts a message into an inbox. Its position is given under the lock, so that positions become visible in order.
CREATE FUNCTION {schema}.send(_namespace text, _thread text, _path text, _payload bytea)
RETURNS bigint LANGUAGE plpgsql AS $graph$
DECLARE
    _place record;
    _position bigint;
BEGIN
    LOOP
        _place := {schema}.hold(_namespace, _thread, _path);
        EXIT WHEN _place.number IS NOT NULL;
        PERFORM {schema}.make(_namespace, _thread, _path);
    END LOOP;
    PERFORM {schema}.durably();
    _position := nextval('{schema}.positions');
    INSERT INTO {schema}.messages (thread, position, payload) VALUES (_place.number, _position, _payload);
    UPDATE {schema}.threads t SET changes = changes + 1 WHERE t.number = _place.number;
    RETURN _position;
END $graph$;

-- Forgets a thread, or what is at a path and below.
CREATE FUNCTION {schema}.forget(_namespace text, _thread text, _path text) RETURNS void LANGUAGE plpgsql AS $graph$
DECLARE
    _numbers bigint[];
BEGIN
    PERFORM {schema}.durably();
    PERFORM FROM {schema}.threads t
        WHERE t.namespace = _namespace AND t.thread = _thread AND t.path = ''
        FOR UPDATE;
    _numbers := ARRAY(SELECT t.number FROM {schema}.below(_namespace, _thread, _path) t);
    DELETE FROM {schema}.records r WHERE r.thread = ANY (_numbers);
    DELETE FROM {schema}.writes w WHERE w.thread = ANY (_numbers);
    DELETE FROM {schema}.messages m WHERE m.thread = ANY (_numbers);
    DELETE FROM {schema}.threads t WHERE t.number = ANY (_numbers);
    IF _path = '' THEN
        DELETE FROM {schema}.users u WHERE u.namespace = _namespace AND u.thread = _thread;
    END IF;
END $graph$;

-- The thread that a user was given first.
CREATE FUNCTION {schema}.thread_of(_namespace text, _name text, _proposed text)
RETURNS text LANGUAGE plpgsql AS $graph$
DECLARE
    _kept text;
BEGIN
    LOOP
        SELECT u.thread INTO _kept FROM {schema}.users u WHERE u.namespace = _namespace AND u.name = _name;
        IF FOUND THEN
            RETURN _kept;
        END IF;
        PERFORM {schema}.durably();
        INSERT INTO {schema}.users (namespace, name, thread) VALUES (_namespace, _name, _proposed)
            ON CONFLICT DO NOTHING;
    END LOOP;
END $graph$;

-- Takes or renews a thread's lease, after the commits that are under way; or says who has it. `now` is the clock by
-- which that was decided.
CREATE FUNCTION {schema}.lease(
    _namespace text, _thread text, _holder text, _ttl bigint,
    OUT given boolean, OUT epoch bigint, OUT holder text, OUT until bigint, OUT now bigint
) LANGUAGE plpgsql AS $graph$
DECLARE
    _last constant bigint := 9223372036854775807;
    _number bigint;
BEGIN
    LOOP
        SELECT t.number, t.epoch, t.holder, t.until
            INTO _number, lease.epoch, lease.holder, lease.until
            FROM {schema}.threads t
            WHERE t.namespace = _namespace AND t.thread = _thread AND t.path = ''
            FOR UPDATE;
        EXIT WHEN FOUND;
        PERFORM {schema}.make(_namespace, _thread, '');
    END LOOP;
    lease.now := (extract(epoch FROM clock_timestamp()) * 1000000)::bigint;
    lease.given := lease.holder IS NULL OR lease.holder = _holder OR lease.until <= lease.now;
    IF NOT given THEN
        RETURN;
    END IF;
    PERFORM {schema}.durably();
    IF lease.holder IS DISTINCT FROM _holder THEN
        lease.epoch := nextval('{schema}.epochs');
    END IF;
    lease.holder := _holder;
    lease.until := CASE WHEN _ttl > _last - lease.now THEN _last ELSE lease.now + _ttl END;
    UPDATE {schema}.threads t
        SET epoch = lease.epoch, holder = lease.holder, until = lease.until, changes = changes + 1
        WHERE t.number = _number;
END $graph$;

-- The row of a thread, or of one path of it.
CREATE FUNCTION {schema}.at(_namespace text, _thread text, _path text)
RETURNS SETOF {schema}.threads LANGUAGE sql STABLE AS $graph$
    SELECT part.* FROM {schema}.threads root JOIN {schema}.threads part ON part.root = root.number
    WHERE root.namespace = _namespace AND root.thread = _thread AND root.path = '' AND part.path = _path
$graph$;

-- The same with everything below: what begins with a path and a `/` lies between that and the path with what comes
-- after a `/`.
CREATE FUNCTION {schema}.below(_namespace text, _thread text, _path text)
RETURNS SETOF {schema}.threads LANGUAGE sql STABLE AS $graph$
    SELECT part.* FROM {schema}.threads root JOIN {schema}.threads part ON part.root = root.number
    WHERE root.namespace = _namespace AND root.thread = _thread AND root.path = ''
        AND (_path = '' OR part.path = _path OR part.path > _path || '/' AND part.path < _path || '0')
$graph$;

-- Gives a lease back, if it is still that one.
CREATE FUNCTION {schema}.release(_namespace text, _thread text, _epoch bigint) RETURNS void LANGUAGE plpgsql AS $graph$
BEGIN
    PERFORM {schema}.durably();
    UPDATE {schema}.threads t
        SET epoch = 0, holder = NULL, until = NULL, changes = changes + 1
        WHERE t.namespace = _namespace AND t.thread = _thread AND t.path = '' AND t.epoch = _epoch AND _epoch <> 0;
END $graph$;
