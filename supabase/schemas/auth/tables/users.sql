CREATE TRIGGER mentorpause_erase_deleted_user
  AFTER DELETE ON auth.users REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.erase_deleted_user();

CREATE TRIGGER mentorpause_erase_soft_deleted_user
  AFTER UPDATE OF deleted_at ON auth.users
  FOR EACH ROW
  WHEN (((old.deleted_at IS NULL) AND (new.deleted_at IS NOT NULL)))
  EXECUTE FUNCTION private.erase_deleted_user();
