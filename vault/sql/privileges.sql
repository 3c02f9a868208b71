-- Who may do what, on one page. Everything not named here is refused to everybody but the owner.

REVOKE ALL ON ALL TABLES IN SCHEMA vault, api, views FROM PUBLIC, authsite_web, authsite_operator, authsite_worker, authsite_migrate;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA vault FROM PUBLIC, authsite_web, authsite_operator, authsite_worker;
REVOKE ALL ON ALL ROUTINES IN SCHEMA vault, api FROM PUBLIC, authsite_web, authsite_operator, authsite_worker;
REVOKE ALL ON SCHEMA vault, api, views FROM PUBLIC, authsite_web, authsite_operator, authsite_worker;

GRANT USAGE ON SCHEMA api TO authsite_web, authsite_operator, authsite_worker;
GRANT USAGE ON SCHEMA views TO authsite_operator;

-- The public site: narrow questions, each about one thing.
GRANT EXECUTE ON FUNCTION
    api.prepare_account_v1, api.register_account_v1,
    api.password_challenge_v1, api.propose_password_v1, api.judge_password_v1,
    api.upgrade_password_v1, api.change_password_v1,
    api.open_session_v1, api.resume_session_v1, api.end_session_v1,
    api.list_sessions_v1, api.end_own_session_v1, api.list_addresses_v1,
    api.own_account_v1,
    api.find_wiki_v1, api.list_wikis_v1, api.signing_keys_v1,
    api.past_signing_keys_v1,
    api.issue_grant_v1, api.redeem_code_v1, api.describe_grant_v1,
    api.spend_assertion_v1
TO authsite_web;
GRANT EXECUTE ON PROCEDURE api.prove_password_v1 TO authsite_web;
-- Second factors, app passwords, letters: each by a session, an attempt or a token, never by an id.
GRANT EXECUTE ON FUNCTION
    api.list_totp_v1, api.add_totp_v1, api.rename_totp_v1, api.remove_totp_v1,
    api.propose_totp_v1, api.open_totp_v1, api.accept_totp_v1, api.refuse_totp_v1,
    api.recovery_code_challenge_v1, api.count_recovery_codes_v1, api.own_subject_v1,
    api.replace_recovery_codes_v1, api.propose_recovery_code_v1, api.judge_recovery_code_v1,
    api.offer_passkeys_v1, api.list_passkeys_v1, api.add_passkey_v1, api.rename_passkey_v1,
    api.remove_passkey_v1,
    api.list_app_passwords_v1, api.add_app_password_v1, api.revoke_app_password_v1,
    api.propose_app_password_v1, api.judge_app_password_v1,
    api.add_address_v1, api.request_confirmation_v1, api.confirm_address_v1,
    api.set_primary_address_v1, api.remove_address_v1, api.restore_address_v1,
    api.disown_session_v1,
    api.request_reset_v1, api.find_token_v1, api.redeem_reset_v1, api.recovery_subject_v1,
    api.reset_password_v1,
    api.issue_refresh_token_v1, api.rotate_refresh_token_v1, api.find_refresh_token_v1,
    api.revoke_grant_v1,
    api.trust_browser_v1, api.spare_code_v1, api.list_trusted_browsers_v1,
    api.distrust_browser_v1, api.offer_passkey_v1, api.end_other_sessions_v1,
    api.end_all_own_sessions_v1, api.logout_progress_v1, api.own_logouts_v1, api.lock_notice_v1,
    api.closed_doors_v1
TO authsite_web;
-- Accounts without a password: signing up with a passkey, and getting back in by a recovery code.
GRANT EXECUTE ON FUNCTION
    api.check_name_v1, api.register_with_passkey_v1, api.remove_password_v1,
    api.recovery_challenge_v1, api.propose_recovery_v1, api.judge_recovery_v1,
    api.mend_with_passkey_v1
TO authsite_web;
GRANT EXECUTE ON FUNCTION api.spend_challenge_v1, api.find_passkey_v1, api.prove_passkey_v1
TO authsite_web, authsite_operator;
GRANT EXECUTE ON PROCEDURE
    api.ask_totp_v1, api.prove_recovery_code_v1, api.prove_app_password_v1,
    api.prove_recovery_v1
TO authsite_web;

-- What one lets wikis know that are none of the family's own.
GRANT EXECUTE ON FUNCTION
    api.find_consent_v1, api.give_consent_v1, api.withdraw_consent_v1, api.list_consents_v1,
    api.consented_wikis_v1
TO authsite_web;

-- One's own part of the trail, and the letters that told of it.
GRANT EXECUTE ON FUNCTION api.own_events_v1, api.own_letters_v1 TO authsite_web;

-- Whoever finds a row that is not ours says so.
GRANT EXECUTE ON FUNCTION api.report_row_v1 TO authsite_web, authsite_operator, authsite_worker;

-- The operator's site: its own sign-in by passkeys of its own, the lockouts, and views without
-- secrets. No password is asked for there, and none can be tried.
GRANT EXECUTE ON FUNCTION
    api.find_operator_invite_v1, api.enrol_operator_passkey_v1,
    api.list_operator_passkeys_v1, api.remove_operator_passkey_v1,
    api.find_operator_v1, api.open_operator_session_v1, api.resume_operator_session_v1,
    api.end_operator_session_v1, api.prove_operator_v1,
    api.lock_account_v1, api.unlock_account_v1, api.send_reset_v1, api.end_account_sessions_v1,
    api.named_accounts_v1, api.lock_accounts_v1, api.unlock_accounts_v1,
    api.set_wiki_state_v1, api.operator_wiki_v1, api.register_wiki_v1, api.change_wiki_v1,
    api.close_door_v1, api.open_door_v1, api.end_all_sessions_v1,
    api.lock_signing_keys_v1, api.restore_signing_keys_v1, api.end_backends_v1,
    api.lockout_reach_v1,
    api.find_by_address_v1,
    api.published_keys_v1, api.find_leaked_v1, api.describe_leaked_v1, api.revoke_leaked_v1,
    api.acknowledge_alert_v1, api.revive_outbox_v1, api.drop_outbox_v1
TO authsite_operator;
GRANT SELECT ON views.accounts, views.wikis, views.sessions, views.events, views.alerts,
    views.outbox, views.lockouts TO authsite_operator;
-- How much, how many and when: never whose address, and nothing that opens a door.
GRANT EXECUTE ON FUNCTION api.sign_in_counts_v1 TO authsite_operator;
GRANT SELECT ON views.factors, views.logouts, views.letters, views.wiki_calls TO authsite_operator;

-- The worker: the outbox, the tokens that its letters carry, the watch over the trail, the keys that
-- sign logout tokens.
GRANT EXECUTE ON FUNCTION
    api.token_to_arm_v1, api.arm_token_v1, api.reset_request_v1, api.answer_reset_v1,
    api.claim_outbox_v1, api.finish_outbox_v1, api.retry_outbox_v1, api.bury_outbox_v1,
    api.prune_v1, api.lift_due_v1, api.watch_v1, api.signing_keys_v1, api.find_wiki_v1,
    api.due_signing_keys_v1, api.rotate_signing_key_v1
TO authsite_worker;

-- The worker seals the trail. It reads digests, and the lines that are handed to the seal store.
GRANT EXECUTE ON FUNCTION
    api.unsealed_events_v1, api.add_event_seal_v1, api.event_sealing_v1,
    api.check_event_seals_v1, api.shipped_events_v1
TO authsite_worker;
