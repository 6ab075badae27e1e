"""Which tests show of each job type what no contract can show of all: what a second run does, and what its faults mean.

A test is named as pytest names it: the file under `tests`, `::`, the function.
"""

from dataclasses import dataclass

_BY_ITS_TERMS = "contracts/test_every_fault.py"
NOTHING_OF_ITS_OWN = f"{_BY_ITS_TERMS}::test_what_cannot_succeed_is_dead_at_once_with_all_attempts_left"
"""It finds nothing that would never succeed: a payload that does not fit is dead by its terms."""
BY_ITS_TERMS = f"{_BY_ITS_TERMS}::test_what_may_pass_is_tried_again_after_the_declared_wait_up_to_the_last_attempt"
"""It asks nobody but the database: whatever fails there is tried again by its terms."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Tests of one job type."""

    again: str
    """A second run with the same payload comes to the same, and has no second effect."""
    permanent: str
    """What cannot succeed ends it with attempts left."""
    passing: str
    """What may pass is tried again, or put off."""


_HEALER, _CRM, _OUTREACH = "unit/healer", "unit/crm", "unit/outreach"

_PHASE = Shown(
    again=f"{_HEALER}/test_resumption.py::test_a_job_that_runs_again_after_its_end_does_nothing",
    permanent=f"{_HEALER}/test_machine.py::test_a_phase_that_cannot_be_carried_out_ends_in_a_clear_outcome",
    passing=f"{_HEALER}/test_machine.py::test_a_fault_is_tried_again_and_given_up_with_the_last_attempt",
)

_MAIL = Shown(
    again=f"{_CRM}/test_made_again.py::test_a_mail_is_sent_once_however_often_its_job_runs",
    permanent=f"{_CRM}/test_email_refused.py::test_what_is_not_there_ends_the_job_and_tells_the_campaign",
    passing=f"{_CRM}/test_email_refused.py::test_what_burns_no_attempt_tells_the_campaign_nothing",
)


def _look(again: str) -> Shown:
    """A health check: that its target is sick is a result, no fault."""
    return Shown(
        again=f"{_HEALER}/test_made_again.py::{again}",
        permanent=f"{_HEALER}/test_health_checks.py::test_unknown_targets_are_refused_for_good",
        passing=BY_ITS_TERMS,
    )


def _notice(again: str) -> Shown:
    return Shown(
        again=f"{_HEALER}/{again}",
        permanent=f"{_HEALER}/test_notifications.py::test_a_notice_or_channel_that_is_gone_ends_the_job",
        passing=f"{_HEALER}/test_notifications.py::test_a_channel_that_fails_holds_no_other_and_is_tried_again",
    )


BILLING = {
    "billing.validate": Shown(
        again="unit/billing/test_validation.py::test_a_completed_run_that_is_delivered_again_is_left_as_it_is",
        permanent="unit/billing/test_validation.py::test_a_file_that_cannot_be_used_fails_for_good",
        passing="unit/billing/test_validation.py::test_a_database_fault_is_retried",
    ),
}

HEALER = {
    "wp.incident.process": Shown(
        again=f"{_HEALER}/test_cooldown.py::test_the_job_that_opened_an_incident_opens_no_other_when_it_runs_again",
        permanent=f"{_HEALER}/test_incidents.py::test_an_unknown_site_or_incident_is_refused_for_good",
        passing=BY_ITS_TERMS,
    ),
    "wp.discovery": Shown(
        again=_PHASE.again,
        permanent=f"{_HEALER}/test_senses_phases.py::test_what_is_not_wordpress_is_out_of_reach",
        passing=f"{_HEALER}/test_senses_phases.py::"
        "test_a_name_that_is_gone_is_a_result_and_our_resolver_s_failure_a_fault",
    ),
    "wp.baseline": Shown(
        again=_PHASE.again,
        permanent=f"{_HEALER}/test_safety_phases.py::test_a_root_that_may_not_be_read_ends_the_phase",
        passing=_PHASE.passing,
    ),
    "wp.backup": Shown(
        again=f"{_HEALER}/test_safety_phases.py::test_carried_out_again_after_a_crash_it_uses_the_backup_that_is_there",
        permanent=f"{_HEALER}/test_safety_phases.py::test_no_room_means_no_backup",
        passing=_PHASE.passing,
    ),
    "wp.observability": _PHASE,
    "wp.fix_attempt": Shown(
        again=f"{_HEALER}/test_fix_attempt.py::"
        "test_a_fix_that_is_killed_is_finished_by_the_next_run_with_the_same_plan",
        permanent=f"{_HEALER}/test_fix_attempt.py::test_without_a_verified_backup_nothing_is_changed",
        passing=_PHASE.passing,
    ),
    "wp.verify": _PHASE,
    "wp.rollback": Shown(
        again=f"{_HEALER}/test_undo_anywhere.py::test_whatever_was_done_is_undone_byte_for_byte",
        permanent=f"{_HEALER}/test_machine.py::test_what_could_not_be_undone_calls_a_person",
        passing=_PHASE.passing,
    ),
    "wp.escalate": _PHASE,
    "retention.purge_expired": Shown(
        again=f"{_HEALER}/test_made_again.py::test_a_purge_made_again_finds_nothing_left",
        permanent=f"{_HEALER}/test_retention.py::test_days_outside_the_cap_are_rejected",
        passing=BY_ITS_TERMS,
    ),
    "retention.cleanup_artifacts": Shown(
        again=f"{_HEALER}/test_made_again.py::test_a_clean_up_made_again_leaves_what_the_first_left",
        permanent=NOTHING_OF_ITS_OWN,
        passing=BY_ITS_TERMS,
    ),
    "retention.audit_purge": Shown(
        again=f"{_HEALER}/test_made_again.py::test_an_audit_purge_made_again_keeps_its_tombstone_and_the_chain",
        permanent=f"{_HEALER}/test_retention.py::test_a_broken_audit_log_is_left_as_it_is",
        passing=BY_ITS_TERMS,
    ),
    "wp.health.site": _look("test_a_look_made_again_is_one_sample_and_leads_to_the_same"),
    "wp.health.server": _look("test_a_look_made_again_is_one_sample_and_leads_to_the_same"),
    "wp.health.system": _look("test_a_look_at_the_fleet_made_again_is_one_sample"),
    "notify.alert": _notice("test_notifications.py::test_a_job_that_runs_again_raises_no_second_notice"),
    "notify.escalation": Shown(
        again=f"{_HEALER}/test_made_again.py::"
        "test_an_escalation_made_again_raises_no_second_notice_and_asks_for_the_same",
        permanent=f"{_HEALER}/test_notifications.py::test_an_incident_that_is_gone_is_not_escalated",
        passing=f"{_HEALER}/test_notifications.py::test_a_channel_that_fails_holds_no_other_and_is_tried_again",
    ),
    "notify.report": _notice("test_made_again.py::test_a_report_made_again_raises_no_second_notice"),
}

CRM = {
    "crm.message.send": Shown(
        again=f"{_CRM}/test_message.py::test_the_same_reference_is_sent_once",
        permanent=f"{_CRM}/test_message.py::test_each_code_ends_the_job_as_it_means",
        passing=f"{_CRM}/test_message.py::test_each_code_ends_the_job_as_it_means",
    ),
    "crm.campaign.run": Shown(
        again=f"{_CRM}/test_campaign.py::test_a_crash_between_queueing_and_noting_it_queues_the_same_again",
        permanent=f"{_CRM}/test_campaign.py::test_a_content_that_is_gone_or_unfit_is_permanent",
        passing=BY_ITS_TERMS,
    ),
    "crm.flow.step": Shown(
        again=f"{_CRM}/test_flow_once.py::test_a_job_that_comes_twice_or_late_is_a_noop",
        permanent=f"{_CRM}/test_flow_once.py::test_what_cannot_go_on_is_dead_and_may_be_tried_again",
        passing=f"{_CRM}/test_flow_requests.py::test_a_fault_that_may_pass_is_tried_again",
    ),
    "crm.email.send": Shown(
        again=f"{_CRM}/test_made_again.py::test_a_mail_that_is_handed_on_again_is_handed_to_the_same_job",
        permanent=_MAIL.permanent,
        passing=BY_ITS_TERMS,
    ),
    "crm.email.smtp": Shown(
        again=_MAIL.again,
        permanent=_MAIL.permanent,
        passing="unit/providers/test_smtp.py::test_each_failure_has_its_signal",
    ),
    "crm.email.sendgrid": _MAIL,
    "crm.webhook.deliver": Shown(
        again=f"{_CRM}/test_webhook_end.py::test_a_job_that_runs_again_posts_no_second_time",
        permanent=f"{_CRM}/test_webhook.py::test_gone_disables_the_endpoint_tells_the_users_and_ends_the_job",
        passing=f"{_CRM}/test_webhook.py::test_any_other_status_is_a_failed_attempt_and_no_others_wait",
    ),
    "crm.ai.chat": Shown(
        again=f"{_CRM}/test_ai.py::test_a_crash_behind_the_answer_asks_for_no_other",
        permanent=f"{_CRM}/test_ai.py::test_a_conversation_that_is_too_long_by_half_as_well_is_dead",
        passing=f"{_CRM}/test_ai.py::test_budgets_and_rates_are_told_apart",
    ),
    "crm.ai.transcribe": Shown(
        again=f"{_CRM}/test_transcripts.py::test_a_file_is_heard_once_and_goes",
        permanent=f"{_CRM}/test_transcripts.py::test_a_file_that_is_gone_is_for_good",
        passing=f"{_CRM}/test_transcripts.py::test_what_whatsapp_answers_decides",
    ),
    "crm.contacts.import": Shown(
        again=f"{_CRM}/test_importing.py::test_an_attempt_that_is_cut_off_goes_on_behind_its_last_chunk",
        permanent=f"{_CRM}/test_importing_files.py::test_a_file_of_no_use_fails_for_good",
        passing=f"{_CRM}/test_importing.py::test_a_last_attempt_says_what_it_met_and_begins_again_when_asked",
    ),
    "crm.data.export": Shown(
        again=f"{_CRM}/test_exporting.py::test_an_export_that_is_delivered_again_is_left_as_it_is",
        permanent=f"{_CRM}/test_exporting.py::test_an_export_of_what_nobody_knows_is_dead",
        passing=f"{_CRM}/test_exporting.py::test_an_attempt_that_fails_leaves_nothing_and_the_next_begins_anew",
    ),
    "crm.analytics.snapshot": Shown(
        again=f"{_CRM}/test_analytics.py::test_the_same_again_is_the_same_and_late_rows_are_counted",
        permanent=f"{_CRM}/test_analytics.py::test_each_tenant_has_its_own_and_one_can_be_named",
        passing=BY_ITS_TERMS,
    ),
    "crm.notification.send": Shown(
        again=f"{_CRM}/test_notification.py::test_whatever_is_asked_again_is_told_once",
        permanent=f"{_CRM}/test_notification.py::test_a_user_who_is_not_there_is_told_nothing",
        passing=f"{_CRM}/test_notification.py::test_what_a_channel_answers_says_whether_to_try_again",
    ),
}

OUTREACH = {
    "outreach.send": Shown(
        again=f"{_OUTREACH}/test_sending.py::test_what_was_sent_is_not_sent_again_and_its_looks_are_queued_again",
        permanent=f"{_OUTREACH}/test_sending.py::test_what_is_gone_ends_the_job",
        passing=f"{_OUTREACH}/test_answers.py::test_what_each_code_of_twilio_does_to_the_action",
    ),
    "outreach.timeout": Shown(
        again=f"{_OUTREACH}/test_journeys.py::"
        "test_a_silence_is_noted_once_and_a_run_that_was_cut_off_queues_what_it_led_to",
        permanent=f"{_OUTREACH}/test_journeys.py::test_a_look_at_a_campaign_or_a_node_that_is_gone_ends_the_job",
        passing=BY_ITS_TERMS,
    ),
    "webhook.process.sendgrid": Shown(
        again=f"{_OUTREACH}/test_webhooks.py::test_a_run_that_is_repeated_queues_again_what_its_events_led_to",
        permanent=f"{_OUTREACH}/test_webhooks.py::test_a_post_that_is_no_array_ends_the_job",
        passing=BY_ITS_TERMS,
    ),
}
