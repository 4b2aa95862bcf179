import Glibc
import KMSecurity

/// Inputs that have nothing in them, which is a mistake more often than not.
extension Streams {
    /// All of standard input, which must have something in it.
    ///
    /// - Parameter expected: What is expected there, for the error: a sentence's end.
    /// - Returns: The bytes.
    /// - Throws: ``KMError`` `inputEmpty`, and as ``readAll()``.
    static func readAll(expecting expected: String) throws -> [UInt8] {
        let bytes = try readAll()
        guard !bytes.isEmpty else { throw KMError(.inputEmpty, "standard input is empty; \(expected) expected") }
        return bytes
    }

    /// A body whose token is made or checked.
    ///
    /// A GET has an empty one. What says so is `/dev/null`; an empty pipe or file is warned of.
    static func readSignedBody() throws -> [UInt8] {
        let body = try readAll()
        if body.isEmpty, !isNull(STDIN_FILENO) {
            Messages.warning(
                "standard input is empty; the body's bytes are expected, or < /dev/null for a request without a body"
            )
        }
        return body
    }

    private static func isNull(_ descriptor: Int32) -> Bool {
        var (found, null) = (stat(), stat())
        guard unsafe fstat(descriptor, &found) == 0, unsafe stat("/dev/null", &null) == 0 else { return false }
        return found.st_mode & S_IFMT == S_IFCHR && found.st_rdev == null.st_rdev
    }
}

extension KMError.Code {
    /// There is no input where some is required.
    static let inputEmpty = Self("inputEmpty")
}
