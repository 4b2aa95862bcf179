#if PKCS11
public import KMPrimitives
internal import KMSecurity

/// Where the PIN of a token is.
///
/// The PIN is read for each login and erased afterwards. It never appears in a log or an error.
public struct PKCS11PIN: Sendable, Hashable {
    enum Source: Sendable, Hashable {
        case file(String), environment(String)
        case secret(HeldSecret)
    }

    /// A secret that is compared by identity.
    final class HeldSecret: Sendable, Hashable {
        let secret: SecretBytes

        init(_ secret: SecretBytes) { self.secret = secret }

        static func == (left: HeldSecret, right: HeldSecret) -> Bool { left === right }

        func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
    }

    let source: Source

    /// A file that contains the PIN; one line ending at its end is not part of the PIN.
    ///
    /// The file is read again for each login, so a new PIN in it is used after the next lost session.
    public static func file(_ path: String) -> PKCS11PIN { PKCS11PIN(source: .file(path)) }

    /// An environment variable that contains the PIN.
    ///
    /// The environment keeps its own copy of the PIN until the process ends.
    public static func environment(_ name: String) -> PKCS11PIN { PKCS11PIN(source: .environment(name)) }

    /// Reads the PIN from an open file descriptor, to its end.
    ///
    /// The PIN is read now, and kept in secret memory for later logins.
    ///
    /// - Parameter number: The number of the descriptor, which stays open.
    /// - Returns: The PIN.
    /// - Throws: ``KMError`` `fileUnreadable` if it cannot be read; `cryptographyUnavailable` if memory runs out.
    public static func descriptor(_ number: Int32) throws -> PKCS11PIN {
        .secret(try SecretBytes(contentsOfFile: "/dev/fd/\(number)").withoutTrailingNewline())
    }

    /// A PIN in memory, for example from a secret store.
    public static func secret(_ secret: SecretBytes) -> PKCS11PIN { PKCS11PIN(source: .secret(HeldSecret(secret))) }

    private init(source: Source) { self.source = source }

    /// Interprets the attribute `pin-source` of a URI (RFC 7512 section 2.4): an absolute path, or a file URI.
    init(pinSource: String) throws {
        let path = pinSource.hasPrefix("file:") ? String(pinSource.dropFirst(5)) : pinSource
        let local = path.hasPrefix("///") ? String(path.dropFirst(2)) : path
        guard local.hasPrefix("/"), !local.hasPrefix("//") else {
            throw PKCS11URI.invalid("pin-source must be file:/path or an absolute path; commands are not run")
        }
        self = .file(local)
    }

    /// The file that contains the PIN; nil if it is elsewhere.
    package var filePath: String? {
        if case .file(let path) = source { path } else { nil }
    }

    /// Reads the PIN.
    func read() throws -> SecretBytes {
        let pin =
            switch source {
            case .file(let path): try SecretBytes(contentsOfFile: path, maximumCount: 4096).withoutTrailingNewline()
            case .environment(let name): try SecretBytes(contentsOfEnvironmentVariable: name)
            case .secret(let held): held.secret
            }
        guard pin.count > 0 else {
            throw KMError(.hsmPINMissing, "the PIN is empty; check its file or environment variable")
        }
        return pin
    }
}

extension PKCS11PIN: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Where the PIN is, without the PIN.
    public var description: String {
        switch source {
        case .file(let path): "PKCS11PIN(file \(path))"
        case .environment(let name): "PKCS11PIN(environment variable \(name))"
        case .secret: "PKCS11PIN(in memory, redacted)"
        }
    }

    /// Where the PIN is, without the PIN.
    public var debugDescription: String { description }

    /// A mirror without children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
#endif
