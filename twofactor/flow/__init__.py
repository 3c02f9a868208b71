"""What an enrolment carries from page to page."""
