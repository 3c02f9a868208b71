-- Guess budgets as vault_filling.sql left them, so that every round finds the same: otherwise a
-- small vault would soon have a budget for every account, and a large one never.

DELETE FROM vault.guess_budgets
WHERE octet_length(subject) <> 16 OR get_byte(subject, 15) >= 128;

UPDATE vault.guess_budgets SET in_a_row = 0, next_at = NULL, day = vault.today(), day_count = 0
WHERE day_count > 0 OR day < vault.today();
