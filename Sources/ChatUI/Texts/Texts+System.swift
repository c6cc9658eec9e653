import CLibrary

// The system's errors. The texts of the C library exist in one language only, or in that of another locale.

extension Texts {
    /// - Parameter number: `errno`.
    public func systemError(_ number: Int32) -> String {
        switch number {
        case ENOENT: choose("нет такого файла или папки", "no such file or folder")
        case EACCES, EPERM: choose("нет прав доступа", "permission denied")
        case EROFS: choose("доступно только для чтения", "it is read-only")
        case ENOSPC, EDQUOT: choose("нет места на диске", "the disk is full")
        case EFBIG: choose("файл слишком большой", "the file is too large")
        case ENOTDIR: choose("часть пути — не папка", "part of the path is not a folder")
        case EISDIR: choose("это папка", "it is a folder")
        case EEXIST: choose("такой файл уже есть", "the file already exists")
        case ENAMETOOLONG: choose("слишком длинный путь", "the path is too long")
        case ELOOP: choose("ссылки ведут по кругу", "the links form a loop")
        case EIO: choose("ошибка ввода-вывода", "input/output error")
        case EBADF: choose("он закрыт", "it is closed")
        case EPIPE: choose("никто не читает", "nobody is reading it")
        case EAGAIN, EBUSY, ETXTBSY: choose("занято, попробуйте позже", "it is busy, try again later")
        case EMFILE, ENFILE: choose("открыто слишком много файлов", "too many files are open")
        case ENOMEM: choose("не хватает памяти", "not enough memory")
        case E2BIG: choose("слишком длинная команда", "the command is too long")
        case ENOTSUP: choose("файловая система этого не поддерживает", "the file system does not support it")
        case ENXIO, ENODEV: choose("нет такого устройства", "there is no such device")
        default: choose("ошибка системы \(number)", "system error \(number)")
        }
    }
}
