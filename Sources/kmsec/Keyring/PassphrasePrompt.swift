import Glibc
import KMCommandLine
import KMPrimitives
import KMSecurity

/// Asks for a passphrase on the terminal of the process, without showing it.
enum PassphrasePrompt {
    /// Asks for the passphrase of each custodian.
    ///
    /// - Parameters:
    ///   - count: The number of custodians.
    ///   - isNew: Whether each is asked twice, so that a typing error cannot lock the file.
    /// - Returns: The passphrases in the order of the custodians.
    /// - Throws: ``KMError`` `passphraseRequired` if there is no terminal; `passphraseWrong` if the two entries differ;
    ///   `CancellationError` after Control-C.
    static func ask(custodians count: Int, isNew: Bool) throws -> [SecretBytes] {
        try (1...count).map { number in
            let whose = count == 1 ? "" : " of custodian \(number)"
            let first = try ask("\(isNew ? "New passphrase" : "Passphrase")\(whose): ")
            if isNew, try ask("Repeat the passphrase: ") != first {
                throw KMError(.passphraseWrong, "the passphrases differ; nothing was written")
            }
            return first
        }
    }

    private static func ask(_ text: String) throws -> SecretBytes {
        let number = unsafe open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
        guard number >= 0 else {
            throw KMError(
                .passphraseRequired,
                "the keyring file needs a passphrase, and there is no terminal to ask on"
            )
        }
        let tty = Descriptor(number: number, name: "/dev/tty")
        defer { tty.close() }
        Interruption.watch()
        var settings = termios()
        guard unsafe tcgetattr(number, &settings) == 0 else {
            throw KMError(.passphraseRequired, "/dev/tty: \(systemReason(errno))")
        }
        var silent = settings
        silent.c_lflag &= ~tcflag_t(ECHO)
        unsafe tcsetattr(number, TCSAFLUSH, &silent)
        defer { unsafe tcsetattr(number, TCSAFLUSH, &settings) }
        try Streams.write(Array(text.utf8).span, to: tty)
        defer { _ = Descriptor(number: number, name: "/dev/tty", heedsStop: false).write(Array("\n".utf8).span) }
        var entry = try SecretBuffer(capacity: 1024)
        // A terminal gives a line at a time, of at most 4096 bytes.
        var isDone = false
        while !isDone {
            _ = try SecretBytes(count: 4096) { part in
                guard let count = try unsafe part.withUnsafeMutableBytes({ try unsafe tty.read(into: $0) }) else {
                    throw CancellationError()
                }
                let line = part.span.extracting(..<count)
                let end = line.indices.first { line[$0] == UInt8(ascii: "\n") }
                try entry.append(copying: line.extracting(..<(end ?? count)))
                isDone = end != nil || count == 0
            }
        }
        return entry.finish()
    }
}
