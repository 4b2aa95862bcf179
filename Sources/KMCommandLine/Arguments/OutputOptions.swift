package import ArgumentParser
internal import Glibc
internal import KMPrimitives
internal import KMSecurity

/// The option for a command's output.
package struct OutputOptions: ParsableArguments {
    @Option(
        name: [.customShort("o"), .long],
        help: ArgumentHelp(
            "The output file (mode 0600), replaced atomically; standard output if omitted or -.",
            valueName: "file"
        ),
        completion: .file()
    )
    package var output: String?

    /// Creates the options for the argument parser.
    package init() {}

    /// Writes the whole output.
    ///
    /// A regular file is replaced completely or not at all. Anything else, such as a pipe or device, is written in
    /// place.
    ///
    /// - Throws: ``KMError`` `fileUnwritable`.
    package func write(_ bytes: [UInt8]) throws {
        guard let output, output != "-" else { return try Streams.write(bytes) }
        // The file of a redirected descriptor is not replaced, because other programs write to it too.
        if let descriptor = Descriptor.named(output) { return try Streams.write(bytes.span, to: descriptor) }
        var status = stat()
        guard unsafe stat(output, &status) == 0 else {
            guard unsafe lstat(output, &status) != 0 else {
                throw KMError(
                    .fileUnwritable,
                    "\(output) is a symbolic link to a file that does not exist; create the file"
                )
            }
            return try writeFile(bytes.span, path: output, mode: 0o600, replaces: true)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            let descriptor = try Descriptor.opening(output, toWrite: true)
            defer { descriptor.close() }
            return try Streams.write(bytes.span, to: descriptor)
        }
        // A rename would replace a symbolic link and leave its target as it was.
        guard let resolved = unsafe realpath(output, nil) else {
            throw KMError(.fileUnwritable, "\(output): \(systemReason(errno))")
        }
        defer { unsafe free(resolved) }
        try writeFile(bytes.span, path: unsafe String(cString: resolved), mode: 0o600, replaces: true)
    }

    /// Writes a value as JSON with sorted members.
    ///
    /// - Throws: ``KMError`` `fileUnwritable`.
    package func writeJSON(_ value: some Encodable) throws {
        try write(Streams.json(value))
    }

    /// Writes a line.
    ///
    /// - Throws: ``KMError`` `fileUnwritable`.
    package func writeLine(_ text: String) throws {
        try write(Array("\(text)\n".utf8))
    }
}
