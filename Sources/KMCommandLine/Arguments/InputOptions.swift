package import ArgumentParser
internal import Glibc
package import KMPrimitives
internal import KMSecurity

/// The option for a command's input.
package struct InputOptions: ParsableArguments {
    @Argument(
        help: ArgumentHelp("The input file; standard input if omitted or -.", valueName: "file"),
        completion: .file()
    )
    package var input: String?

    /// Creates the options for the argument parser.
    package init() {}

    /// The name in messages.
    package var name: String { path ?? "standard input" }

    private var path: String? { input == "-" ? nil : input }

    /// Opens the input.
    ///
    /// - Throws: ``KMError`` `fileUnreadable`.
    package func open() throws -> Descriptor {
        try path.map { try Descriptor.opening($0) } ?? .standardInput
    }

    /// Reads the whole input.
    ///
    /// - Parameters:
    ///   - limit: The largest number of bytes.
    ///   - advice: The advice in the error about too many bytes.
    /// - Returns: The bytes.
    /// - Throws: ``KMError`` `fileUnreadable`; `limitExceeded` as soon as more bytes are read.
    package func readAll(
        limit: Int = Streams.maximumByteCount,
        advice: String = "larger bodies are not supported"
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
    ///   - expected: The subject and verb for the error about an empty input, such as `a body is`.
    ///   - limit: The largest number of bytes.
    ///   - advice: The advice in the error about too many bytes.
    /// - Returns: The bytes.
    /// - Throws: ``KMError`` `inputEmpty`, and the errors of ``readAll(limit:advice:)``.
    package func readAll(
        expecting expected: String,
        limit: Int = Streams.maximumByteCount,
        advice: String = "larger bodies are not supported"
    ) throws -> [UInt8] {
        let bytes = try readAll(limit: limit, advice: advice)
        guard !bytes.isEmpty else { throw KMError(.inputEmpty, "\(name) is empty; \(expected) expected") }
        return bytes
    }

    /// Reads a body to sign or to verify.
    ///
    /// The body of a GET is empty: then the input should be `/dev/null`. An empty pipe or file causes a warning.
    ///
    /// - Returns: The bytes.
    /// - Throws: ``KMError`` `fileUnreadable` or `limitExceeded`.
    package func readSignedBody() throws -> [UInt8] {
        let body = try readAll()
        if body.isEmpty, !isNull {
            Messages.warning(
                "\(name) is empty; expected the bytes of the body. For a request without a body, use < /dev/null"
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
    /// A required input is empty.
    package static let inputEmpty = Self("inputEmpty")
}
