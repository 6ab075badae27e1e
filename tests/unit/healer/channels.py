"""What people are told in tests; those who are told are `tests.mailbox` and `tests.unit.outbound.standin`."""

from arqlight_jobs.healer.notice_request import AlertAsked

ALERT = AlertAsked(
    fingerprint="health:site:shop:bad",
    severity="critical",
    subject="site shop",
    title="Site shop fails",
    text="failed: the home page answers 500",
)
