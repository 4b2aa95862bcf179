import ArgumentParser
import Glibc
import KMPrimitives
import KMSecurity

/// Where a command's input comes from.
struct InputOptions: ParsableArguments {
    @Argument(
        help: ArgumentHelp("The input file; standard input if it is missing or -.", valueName: "file"),
        completion: .file()
    )
    var input: String?

    /// The name in messages.
    var name: String { path ?? "standard input" }

    private var path: String? { input == "-" ? nil : input }

    /// Opens the input.
    ///
    /// - Throws: ``KMError`` `fileUnreadable`.
    func open() throws -> Descriptor {
        try path.map { try Descriptor.opening($0) } ?? .standardInput
    }

    /// Reads the whole input.
    ///
    /// - Parameters:
    ///   - limit: The most bytes.
    ///   - advice: What to do about more, for the error.
    /// - Returns: The bytes.
    /// - Throws: ``KMError`` `fileUnreadable`; `limitExceeded` as soon as there are more bytes.
    func readAll(
        limit: Int = Streams.maximumByteCount,
        advice: String = "no body is larger"
    ) throws -> [UInt8] {
        let descriptor = try open()
        defer { if path != nil { descriptor.close() } }
        var bytes: [UInt8] = []
        try descriptor.readParts { part in
            guard bytes.count + part.count <= limit else {
                throw KMError(.limitExceeded, "\(name) must have at most \(limit) bytes; \(advice)")
            }
            bytes.append(addingCapacity: part.count) { target in
                for index in part.indices { target.append(part[index]) }
            }
        }
        return bytes
    }

    /// Reads the whole input, which must not be empty.
    ///
    /// - Parameters:
    ///   - expected: What is expected there, for the error: a sentence's end.
    ///   - limit: The most bytes.
    ///   - advice: What to do about more, for the error.
    /// - Returns: The bytes.
    /// - Throws: ``KMError`` `inputEmpty`, and as ``readAll(limit:advice:)``.
    func readAll(
        expecting expected: String,
        limit: Int = Streams.maximumByteCount,
        advice: String = "no body is larger"
    ) throws -> [UInt8] {
        let bytes = try readAll(limit: limit, advice: advice)
        guard !bytes.isEmpty else { throw KMError(.inputEmpty, "\(name) is empty; \(expected) expected") }
        return bytes
    }

    /// Reads a body whose token is made or checked.
    ///
    /// A GET has an empty one. `/dev/null` says so; an empty pipe or file gives a warning.
    func readSignedBody() throws -> [UInt8] {
        let body = try readAll()
        if body.isEmpty, !isNull {
            Messages.warning(
                "\(name) is empty; the body's bytes are expected, or < /dev/null for a request without a body"
            )
        }
        return body
    }

    /// Whether the input is `/dev/null`.
    private var isNull: Bool {
        var (found, null) = (stat(), stat())
        guard unsafe (path.map { unsafe stat($0, &found) } ?? fstat(STDIN_FILENO, &found)) == 0,
            unsafe stat("/dev/null", &null) == 0
        else { return false }
        return found.st_mode & S_IFMT == S_IFCHR && found.st_rdev == null.st_rdev
    }
}

extension KMError.Code {
    /// There is no input where some is required.
    static let inputEmpty = Self("inputEmpty")
}
