import CLibrary

// The system's errors. The texts of the C library exist in one language only, or in that of another locale.

extension Texts {
    /// - Parameter number: `errno`.
    public func systemError(_ number: Int32) -> String {
        switch number {
        case ENOENT: choose("нет такого файла или папки", "there is no such file or folder")
        case EACCES, EPERM: choose("нет прав доступа", "permission is denied")
        case EROFS: choose("там можно только читать", "it can only be read there")
        case ENOSPC, EDQUOT: choose("нет места на диске", "the disk is full")
        case EFBIG: choose("файл слишком большой", "the file is too large")
        case ENOTDIR: choose("на этом пути не папка", "something on this path is no folder")
        case EISDIR: choose("это папка", "it is a folder")
        case EEXIST: choose("такой файл уже есть", "there is such a file already")
        case ENAMETOOLONG: choose("слишком длинный путь", "the path is too long")
        case ELOOP: choose("ссылки ведут по кругу", "the links go round in a circle")
        case EIO: choose("ошибка ввода-вывода", "input or output failed")
        case EBADF: choose("он закрыт", "it is closed")
        case EPIPE: choose("никто не читает", "nobody reads it")
        case EAGAIN, EBUSY, ETXTBSY: choose("занято, попробуйте позже", "it is busy, try again later")
        case EMFILE, ENFILE: choose("открыто слишком много файлов", "too many files are open")
        case ENOMEM: choose("не хватает памяти", "there is not enough memory")
        case E2BIG: choose("слишком длинная команда", "the command is too long")
        case ENOTSUP: choose("эта файловая система так не умеет", "this file system cannot do it")
        case ENXIO, ENODEV: choose("нет такого устройства", "there is no such device")
        default: choose("ошибка системы \(number)", "system error \(number)")
        }
    }
}
