-- When a refund made outside fails, the bank can take less a second time: what was frozen, or taken, beyond that goes back.

-- +goose Up
-- +goose StatementBegin
CREATE FUNCTION disputes_thaw_beyond_claim(intent text) RETURNS void LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    d        disputes;
    wallet   text;
    icebox   text;
    beyond   bigint;
    thaw     bigint;
    returned bigint;
BEGIN
    FOR d IN SELECT * FROM disputes WHERE intent_id = intent AND frozen + forfeited > 0 ORDER BY id FOR UPDATE LOOP
        wallet := 'wallet:' || d.user_id || ':' || d.charge_currency;
        icebox := 'wallet-frozen:' || d.user_id || ':' || d.charge_currency;
        beyond := d.frozen + d.forfeited - dispute_claim(d);
        CONTINUE WHEN beyond <= 0;
        thaw := least(beyond, d.frozen);
        returned := beyond - thaw;
        PERFORM FROM ledger_accounts a WHERE a.id IN (icebox, wallet) ORDER BY a.id COLLATE "C" FOR NO KEY UPDATE;
        UPDATE disputes SET frozen = frozen - thaw, forfeited = forfeited - returned, postings = postings + 1 WHERE id = d.id RETURNING * INTO d;
        IF thaw > 0 THEN
            PERFORM ledger_post(d.id || ':unfreeze:' || d.postings, d.booking_id, 'UNFREEZE', 'a refund made outside has failed',
                ARRAY[icebox, wallet], ARRAY[-thaw, thaw]);
        END IF;
        IF returned > 0 THEN
            PERFORM ledger_post(d.id || ':lost:' || d.postings, d.booking_id, 'DISPUTE_LOST', 'a refund made outside has failed',
                ARRAY['dispute-losses:' || d.charge_currency, wallet], ARRAY[-returned, returned]);
        END IF;
    END LOOP;
END $$;
-- +goose StatementEnd
REVOKE EXECUTE ON FUNCTION disputes_thaw_beyond_claim(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION disputes_thaw_beyond_claim(text) TO boxoffice_worker;

-- +goose Down
DROP FUNCTION disputes_thaw_beyond_claim(text);
