-- To find who else repeats a line. Lines that fewer entries have are no boilerplate of anybody.
create index line_by_print on line (print) where entries >= 3;
