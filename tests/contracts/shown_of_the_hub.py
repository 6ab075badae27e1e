"""Which tests show of each job type of the task hub what a second run does, and what its faults mean."""

from tests.contracts.shown import BY_ITS_TERMS, NOTHING_OF_ITS_OWN, Shown

_HUB, _PROVIDERS = "unit/flrts", "unit/providers"

HUB = {
    "flrts.tasks.create": Shown(
        again=f"{_HUB}/test_tasks_create.py::test_another_run_of_the_job_makes_no_second_task",
        permanent=f"{_HUB}/test_tasks_create.py::test_what_openproject_refuses_for_good_is_told_at_once",
        passing=f"{_HUB}/test_tasks_create.py::test_what_may_pass_is_told_to_nobody_before_the_last_attempt",
    ),
    "flrts.tasks.update": Shown(
        again=f"{_HUB}/test_tasks_update.py::test_a_run_after_the_record_sees_to_what_follows_and_sends_nothing",
        permanent=f"{_HUB}/test_tasks_update.py::test_a_change_of_another_task_and_one_that_is_not_there_are_discarded",
        passing=f"{_HUB}/test_tasks_update.py::test_what_openproject_refuses_is_told_when_it_is_final",
    ),
    "flrts.tasks.sync": Shown(
        again=f"{_HUB}/test_made_again.py::test_tasks_that_are_read_again_are_the_same_and_nobody_is_told_twice",
        permanent=f"{_HUB}/test_tasks_sync.py::test_a_refusal_keeps_the_watermark_and_a_vanished_project_is_given_up",
        passing=f"{_HUB}/test_tasks_sync.py::test_a_refusal_keeps_the_watermark_and_a_vanished_project_is_given_up",
    ),
    "flrts.reminders.schedule": Shown(
        again=f"{_HUB}/test_reminders_schedule.py::"
        "test_what_is_planned_already_stays_as_it_is_and_its_job_is_queued_again",
        permanent=f"{_HUB}/test_reminders_schedule.py::test_a_user_whose_zone_is_none_is_a_dead_letter",
        passing=f"{_HUB}/test_reminders_schedule.py::test_a_run_that_is_outrun_again_and_again_is_tried_later",
    ),
    "flrts.reminders.sweep": Shown(
        again=f"{_HUB}/test_reminders_schedule.py::"
        "test_only_what_is_planned_and_due_is_queued_again_once_for_each_version",
        permanent=NOTHING_OF_ITS_OWN,
        passing=BY_ITS_TERMS,
    ),
    "flrts.reminders.send": Shown(
        again=f"{_HUB}/test_reminders_send.py::test_who_has_a_chat_is_told_there_once_however_often_the_job_runs",
        permanent=f"{_HUB}/test_reminders_send.py::test_who_cannot_be_reached_is_a_dead_letter_until_they_can",
        passing=f"{_HUB}/test_reminders_send.py::test_a_mail_server_that_is_down_holds_mails_alone",
    ),
    "flrts.telegram.outbound": Shown(
        again=f"{_HUB}/test_telegram_outbound.py::"
        "test_what_was_sent_before_is_not_sent_again_but_the_next_part_is_queued",
        permanent=f"{_HUB}/test_telegram_outbound.py::test_a_refusal_says_what_becomes_of_job_message_and_chat",
        passing=f"{_HUB}/test_telegram_outbound.py::test_a_429_has_every_job_that_needs_the_bot_wait",
    ),
    "flrts.telegram.command": Shown(
        again=f"{_HUB}/test_telegram_command.py::test_an_update_is_heeded_once_whatever_runs_again",
        permanent=f"{_HUB}/test_telegram_command.py::test_an_update_that_is_not_there_ends_the_job",
        passing=f"{_HUB}/test_telegram_command_whose.py::test_who_the_bot_is_is_asked_again_when_telegram_is_away",
    ),
    "flrts.openproject.sync": Shown(
        again=f"{_HUB}/test_made_again.py::test_reference_data_that_is_read_again_is_the_same",
        permanent=f"{_PROVIDERS}/test_openproject.py::test_each_error_comes_to_what_it_means",
        passing=f"{_PROVIDERS}/test_openproject.py::test_what_names_no_known_error_goes_by_its_status",
    ),
    "flrts.openproject.webhook": Shown(
        again=f"{_HUB}/test_openproject_webhook.py::"
        "test_whoever_dies_before_the_rest_is_queued_leaves_it_to_the_next_run",
        permanent=f"{_HUB}/test_openproject_webhook.py::test_without_the_post_the_job_ends_with_the_reason",
        passing=BY_ITS_TERMS,
    ),
}
