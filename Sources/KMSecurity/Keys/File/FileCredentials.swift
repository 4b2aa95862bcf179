internal import Foundation
internal import KMJSON
internal import KMPrimitives
internal import KMWire
public import Logging

/// The credentials of callers, from a JSON file that the server follows without a restart.
///
/// The file lists the credentials; each secret key is in a file of its own, whose path can be relative:
///
/// ```json
/// {
///   "version": 1,
///   "credentials": [
///     {
///       "name": "shop",
///       "accessKey": "0123456789abcdef0123456789abcdef01234567",
///       "aspId": "000170000000000",
///       "secretFile": "shop.secret",
///       "cryptoKeyIds": ["1f2e3d4c5b6a79881f2e3d4c5b6a7988"],
///       "notAfter": "2027-06-30T00:00:00Z"
///     }
///   ]
/// }
/// ```
///
/// A credential of the platform's callbacks has no `accessKey`. `notBefore` and `notAfter` are optional and are UTC. The
/// JSON Schema of the file is `Sources/KMSecurity/Keys/File/credentials.schema.json`. A member `$schema` can name it.
/// Run ``follow(interval:)`` as a task, or as a service: see `KMServiceLifecycle`. A file that cannot be read changes
/// nothing: the old credentials stay in use, and the fault is logged.
public final class FileCredentials: CredentialSource {
    private struct State {
        var credentials: StaticCredentials
        /// The versions of the file and of the secret keys' files.
        var identities: [String: FileIdentity?]
    }

    private let path: String
    private let state: Locked<State>
    private let logger: Logger?

    /// Reads the file.
    ///
    /// - Parameters:
    ///   - path: The path of the file.
    ///   - logger: The logger that receives each change at notice level and each fault at error level.
    /// - Throws: ``KMError`` `credentialFileInvalid`, `malformedJSON` or `limitExceeded` if the file is malformed;
    ///   `fileUnreadable`; `invalidSize` if a secret key is empty.
    public init(path: String, logger: Logger? = nil) throws {
        (self.path, self.logger) = (path, logger)
        state = Locked(try Self.read(path))
    }

    /// Returns the credentials of a caller.
    public func credentials(for caller: Caller) -> [Credential] {
        state.withLock { $0.credentials }.credentials(for: caller)
    }

    /// Reads the file again if it, or the file of a secret key, has changed.
    ///
    /// - Returns: Whether there are new credentials.
    /// - Throws: ``KMError`` as ``init(path:logger:)``. The credentials then stay as they are.
    @discardableResult
    public func reload() throws -> Bool {
        let known = state.withLock { $0.identities }
        guard known.contains(where: { FileIdentity(path: $0.key) != $0.value }) else { return false }
        let new = try Self.read(path)
        state.withLock { $0 = new }
        logger?.notice("credentials loaded", metadata: ["km.callers": "\(new.credentials.callerCount)"])
        return true
    }

    /// Follows the files until the task is cancelled.
    ///
    /// - Parameter interval: The time between two looks at the files; up to 30 s while they cannot be loaded.
    public func follow(interval: Duration = .seconds(1)) async {
        await KMSecurity.follow(every: interval, logger, "credentials not loaded; the old ones stay in use") {
            try reload()
        }
    }

    // MARK: Reading

    private static func read(_ path: String) throws -> State {
        // Before the files are read: if one changes in between, the next look finds another identity.
        var identities = [path: FileIdentity(path: path)]
        let bytes = try SecretBytes(contentsOfFile: path, maximumCount: 16 << 20).withBytes { [UInt8](copying: $0) }
        var reader = StrictJSONReader(bytes, code: .credentialFileInvalid)
        var (version, found): (Int?, [(Caller, Credential)]?) = (nil, nil)
        try reader.file("a credential file") { reader, name in
            switch name {
            case "$schema": _ = try reader.string(name)
            case "version":
                version = try reader.integer(name)
                guard version == 1 else { throw reader.invalid("this program reads credential files of version 1") }
            case "credentials":
                found = try reader.objects(name, maximumCount: 100_000) { reader in
                    try credential(&reader) { reference in
                        let file = reference.hasPrefix("/") ? reference : directory(of: path) + reference
                        identities[file] = FileIdentity(path: file)
                        return try SecretKey(SecretBytes(contentsOfFile: file).withoutTrailingNewline())
                    }
                }
            default: throw reader.unknown()
            }
        }
        _ = try reader.required(version, "version")
        let all = Dictionary(grouping: try reader.required(found, "credentials"), by: \.0).mapValues { $0.map(\.1) }
        guard all.values.allSatisfy({ $0.count <= Credential.maximumCountPerCaller }) else {
            throw reader.invalid("a caller must have at most \(Credential.maximumCountPerCaller) credentials")
        }
        return State(credentials: StaticCredentials(all), identities: identities)
    }

    private static func credential(
        _ reader: inout StrictJSONReader,
        _ secretKey: (String) throws -> SecretKey
    ) throws -> (Caller, Credential) {
        var (name, accessKey, aspID, secretFile): (String?, AccessKey?, AspID?, String?) = (nil, nil, nil, nil)
        var (ids, notBefore, notAfter): ([CryptoKeyID]?, Date?, Date?) = (nil, nil, nil)
        try reader.members { reader, member in
            switch member {
            case "name": name = try reader.string(member)
            case "accessKey": accessKey = try AccessKey(reader.string(member))
            case "aspId": aspID = try AspID(reader.string(member))
            case "secretFile": secretFile = try reader.string(member)
            case "cryptoKeyIds": ids = try reader.strings(member, maximumCount: 1000).map(CryptoKeyID.init)
            case "notBefore": notBefore = try KeyringParser.time(&reader, member)
            case "notAfter": notAfter = try KeyringParser.time(&reader, member)
            default: throw reader.unknown()
            }
        }
        let (start, end) = (notBefore ?? .distantPast, notAfter ?? .distantFuture)
        guard start <= end else { throw reader.invalid("notBefore must not be after notAfter") }
        let asp = try reader.required(aspID, "aspId")
        let credential = Credential(
            name: try reader.required(name, "name"),
            secretKey: try secretKey(reader.required(secretFile, "secretFile")),
            aspID: asp,
            cryptoKeyIDs: .only(Set(try reader.required(ids, "cryptoKeyIds"))),
            validity: notBefore == nil && notAfter == nil ? nil : start...end
        )
        return (accessKey.map(Caller.accessKey) ?? .callback(asp), credential)
    }
}

extension KMError.Code {
    /// A credential file is malformed.
    public static let credentialFileInvalid = Self("credentialFileInvalid")
}
