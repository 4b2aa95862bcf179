import ArgumentParser
import KMPrimitives
import KMSecurity

/// Where a command's input comes from.
struct InputOptions: ParsableArguments {
    @Argument(help: "The input file; standard input if it is missing or -.", completion: .file())
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
    /// - Throws: ``KMError`` `fileUnreadable`, or `limitExceeded` for more than ``Streams/maximumByteCount``.
    func readAll() throws -> [UInt8] {
        let descriptor = try open()
        defer { if path != nil { descriptor.close() } }
        var bytes: [UInt8] = []
        try descriptor.readParts { part in
            guard bytes.count + part.count <= Streams.maximumByteCount else {
                throw KMError(.limitExceeded, "\(name) has more than \(Streams.maximumByteCount) bytes")
            }
            bytes.append(addingCapacity: part.count) { target in
                for index in part.indices { target.append(part[index]) }
            }
        }
        return bytes
    }
}
