-- What the service may do. It reads and adds; it changes only the feed's position and what is made from events.
REVOKE ALL ON ALL TABLES IN SCHEMA letters FROM letters_app;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA letters FROM PUBLIC;

GRANT USAGE ON SCHEMA letters TO letters_app;
GRANT SELECT, INSERT ON letters.letters_events, letters.sealed, letters.template_bundle TO letters_app;
GRANT SELECT, INSERT ON letters.case_key, letters.calendar TO letters_app;
GRANT USAGE ON SEQUENCE letters.letters_events_notification_id_seq TO letters_app;
GRANT EXECUTE ON FUNCTION letters.destroy_case_key TO letters_app;

-- The stock recorder's position is an upsert; it never goes back, and nothing is lost if it did: ids are derived.
GRANT SELECT, INSERT, UPDATE ON letters.letters_tracking TO letters_app;

GRANT SELECT, INSERT, UPDATE, DELETE ON letters.letter_list, letters.parked_cause, letters.follower TO letters_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON letters.dispatch_lease TO letters_app;
GRANT SELECT, UPDATE ON letters.read_model_position TO letters_app;
GRANT SELECT ON letters.server, letters.schema_version TO letters_app;

-- The stock recorder takes LOCK TABLE ... IN EXCLUSIVE MODE, so that notification ids are committed in order. The least
-- right that allows it is MAINTAIN (PostgreSQL 17 and newer), which changes no row. Before that it takes UPDATE, which
-- the trigger of append_only.sql then refuses to use.
DO $$
BEGIN
    IF current_setting('server_version_num')::integer >= 170000 THEN
        EXECUTE 'GRANT MAINTAIN ON letters.letters_events TO letters_app';
    ELSE
        EXECUTE 'GRANT UPDATE ON letters.letters_events TO letters_app';
    END IF;
END
$$;
