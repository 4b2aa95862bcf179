package import Foundation
package import KMPrimitives

/// A keyring file on disk, with its lock (`FILE.lock`) and its audit log (`FILE.log`).
package struct KeyringStore: Sendable {
    package let path: String
    package let passphrases: KeyringPassphrases
    /// The cost of a new file's key derivation.
    private let cost: ScryptCost

    package var logPath: String { "\(path).log" }
    private var lockPath: String { "\(path).lock" }

    package init(path: String, passphrases: KeyringPassphrases, cost: ScryptCost = .standard) {
        self.path = path
        self.passphrases = passphrases
        self.cost = cost
    }

    /// Creates the file, with an audit log of one line.
    ///
    /// - Throws: ``KMError`` `fileExists`, `fileUnwritable`; the errors of the passphrases.
    package func create(_ file: KeyringFile, by author: Author) throws {
        try checkIsNew()
        let document = try KeyringDocument(file, KeyringProtection(passphrases.load(), cost: cost))
        let lock = try FileLock(path: lockPath)
        var hasBegun = false
        do {
            try checkIsNew()
            hasBegun = true
            let change = KeyringFile.Change(action: "init", id: nil, from: nil, to: nil)
            try write(document, change, at: author.date ?? .now, by: author.name, reason: author.reason)
        } catch {
            if FileIdentity(path: path) == nil {
                if hasBegun { removeFile(logPath) }
                lock.removeIfNew()
            }
            throw error
        }
    }

    private func checkIsNew() throws {
        for path in [path, logPath] where FileIdentity(path: path) != nil {
            throw KMError(
                .fileExists,
                "\(path) exists; no existing file is changed"
                    + (path == logPath ? ". Remove it if an init was interrupted" : "")
            )
        }
    }

    /// Seals the file under other passphrases; the keys and the log stay.
    ///
    /// The file has the number of custodians of the new passphrases, and the cost of this store.
    ///
    /// - Parameters:
    ///   - new: The new passphrases.
    ///   - author: Who makes the change.
    /// - Returns: The file with its new generation.
    /// - Throws: As ``update(by:guardedAs:censuses:isForced:_:)`` without a step; the errors of the passphrases.
    @discardableResult
    package func changePassphrases(to new: KeyringPassphrases, by author: Author) throws -> KeyringFile {
        let known = try open().protection
        let protection = try KeyringProtection(new.load(), cost: cost)
        return try locked(known) { document in
            try KeyringLog.verify(logBytes(), document.log, key: document.logKey)
            var document = document.with(protection)
            let change = try document.file.changePassphrases()
            try write(document, change, at: author.date ?? .now, by: author.name, reason: author.reason)
            return document.file
        }
    }

    /// Opens the file.
    ///
    /// - Throws: ``KMError`` `fileUnreadable`; what ``KeyringDocument`` throws.
    package func open() throws -> KeyringDocument { try openWithDigest(known: nil).document }

    /// Opens the file, and returns the SHA-256 of its bytes too.
    func openWithDigest(known: KeyringProtection?) throws -> (document: KeyringDocument, digest: [UInt8]) {
        let bytes = try bytes()
        let document = try KeyringDocument(bytes, known: known, passphrases: passphrases.load)
        let digest = try SHA256.digest(bytes)
        return (document, digest)
    }

    /// Who changes a file, when and why, for the audit log.
    package struct Author: Sendable {
        package let name: String
        /// The time; nil for the time at which the file is open, after passphrases were typed.
        package let date: Date?
        package let reason: String

        package init(_ name: String, at date: Date? = nil, reason: String = "") {
            (self.name, self.date, self.reason) = (name, date, reason)
        }
    }

    /// Changes the file, under the lock.
    ///
    /// A process that is killed leaves the old file or the new one.
    ///
    /// - Parameters:
    ///   - author: Who makes the change.
    ///   - step: The step whose guards must allow the change; nil for a change without guards.
    ///   - censuses: Paths of censuses, besides those beside the file.
    ///   - isForced: Whether to make the change although guards do not allow it. The audit log then records them.
    ///   - change: The change of a copy of the file.
    /// - Returns: The new contents, what the change was forced past, and the files that are no census.
    /// - Throws: ``RotationBlocked``; ``KMError`` `fileUnreadable`, `fileUnwritable`; `keyringLogInvalid` if the log was
    ///   changed; `censusInvalid` if the memory of earlier censuses was changed; what ``KeyringDocument`` and `change`
    ///   throw.
    @discardableResult
    package func update(
        by author: Author,
        guardedAs step: RotationGuards.Step? = nil,
        censuses: [String] = [],
        isForced: Bool = false,
        _ change: (inout KeyringFile) throws -> KeyringFile.Change
    ) throws -> (file: KeyringFile, overridden: [RotationGuards.Blocker], faults: [FleetCensus.Fault]) {
        try locked { opened in
            var document = opened
            try KeyringLog.verify(logBytes(), document.log, key: document.logKey)
            var file = document.file
            let date = author.date ?? .now
            let made = try change(&file)
            var overridden: [RotationGuards.Blocker] = []
            var faults: [FleetCensus.Fault] = []
            if let step {
                let fleet = try fleet(document, censuses, at: date)
                faults = fleet.faults
                overridden = RotationGuards(document.file, fleet).blockers(of: step)
                guard overridden.isEmpty || isForced else {
                    throw RotationBlocked(blockers: overridden, faults: faults)
                }
            }
            document.file = file
            let forced =
                overridden.isEmpty ? "" : "; forced although " + overridden.map(\.reason).joined(separator: "; ")
            try write(document, made, at: date, by: author.name, reason: author.reason + forced)
            return (file, overridden, faults)
        }
    }

    /// Reads the censuses of the fleet, and remembers that it has seen them.
    ///
    /// - Parameters:
    ///   - censuses: Paths of censuses, besides those beside the file.
    ///   - date: The current time; nil for the time at which the file is open, after passphrases were typed.
    /// - Returns: The file and the censuses.
    /// - Throws: ``KMError`` as ``open()``; `fileUnwritable`; `censusInvalid` if the memory of earlier censuses was
    ///   changed.
    package func census(_ censuses: [String] = [], at date: Date? = nil) throws -> (
        file: KeyringFile, fleet: FleetCensus
    ) {
        try locked { document in
            (document.file, try fleet(document, censuses, at: date ?? .now))
        }
    }

    private func fleet(_ document: KeyringDocument, _ censuses: [String], at date: Date) throws -> FleetCensus {
        let beside = try namesBesideFile().map { directory(of: path) + $0 }
        let memory = SeenCensuses(path: "\(path).seen", logKey: document.logKey)
        let seen = try memory.read()
        let fleet = FleetCensus(
            (beside + censuses).map(FleetCensus.Input.init(contentsOfFile:)),
            nodes: document.file.nodes,
            generation: document.file.generation,
            seen: seen,
            document.logKey,
            at: date
        )
        if fleet.sequences != seen { try memory.write(fleet.sequences) }
        return fleet
    }

    /// The names of the censuses in the directory of the file.
    private func namesBesideFile() throws -> [String] {
        let folder = directory(of: path)
        let name = path.dropFirst(folder.count)
        return try FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)
            .filter { $0.hasPrefix("\(name).") && $0.hasSuffix(".census") && isRegularFile(folder + $0) }.sorted()
    }

    /// Checks the audit log.
    ///
    /// - Throws: ``KMError`` `keyringLogInvalid`, `fileUnreadable`; what ``KeyringDocument`` throws.
    package func verifyLog() throws -> KeyringLog.Report {
        try locked { document in
            try KeyringLog.verify(logBytes(), document.log, key: document.logKey)
        }
    }

    /// Returns the number of passphrases that a file needs, which it says in the clear.
    ///
    /// - Throws: ``KMError`` `fileUnreadable`; the errors of a malformed file.
    package static func custodianCount(path: String) throws -> Int {
        let bytes = try SecretBytes(contentsOfFile: path, maximumCount: KeyringDocument.maximumByteCount)
        return try KeyringParser.parse(bytes.withBytes { [UInt8](copying: $0) }).parameters.salts.count
    }

    /// Returns the path of a private key's file, which may be relative to the keyring file.
    package func path(ofReference reference: String) -> String {
        reference.hasPrefix("/") ? reference : directory(of: path) + reference
    }

    /// Returns the own private key of a key; nil if the party only sends, or the key is destroyed.
    ///
    /// - Throws: The errors of a private key in a file of its own; ``KMError`` `privateKeyElsewhere` if a URI names it.
    package func privateKey(of key: KeyringFile.Key) throws -> RSAPrivateKey? {
        switch key.privateKey {
        case .sealed(let key): key
        case .file(let reference): try RSAPrivateKey(contentsOfFile: path(ofReference: reference))
        case .uri(let uri):
            throw KMError(.privateKeyElsewhere, "the private key of \(key.id) is at \(uri), and cannot be read there")
        case nil: nil
        }
    }

    /// Opens the file under the lock.
    ///
    /// The passphrases are read before the file is locked, because a person may have to type them.
    ///
    /// - Parameters:
    ///   - known: The key that seals the file; nil to read the passphrases.
    ///   - body: What is done under the lock.
    /// - Returns: What `body` returns.
    /// - Throws: ``KMError`` as ``open()``; `fileUnwritable`; `passphraseWrong` if the passphrases were changed in the
    ///   meantime; what `body` throws.
    private func locked<Result>(
        _ known: KeyringProtection? = nil,
        _ body: (KeyringDocument) throws -> Result
    ) throws -> Result {
        let known = try known ?? open().protection
        let lock = try FileLock(path: lockPath)
        defer { withExtendedLifetime(lock) {} }
        let document = try KeyringDocument(bytes(), known: known) {
            throw KMError(
                .passphraseWrong,
                "another process changed the passphrases of \(path) in the meantime; nothing was written. Run the command "
                    + "again with the new ones"
            )
        }
        return try body(document)
    }

    private func write(
        _ document: KeyringDocument,
        _ change: KeyringFile.Change,
        at date: Date,
        by author: String,
        reason: String
    ) throws {
        var document = document
        let (line, end) = try KeyringLog.line(
            change,
            generation: document.file.generation,
            after: document.log,
            at: date,
            by: author,
            reason: reason,
            key: document.logKey
        )
        let start = document.log.byteCount
        document.log = end
        let bytes = try document.encoded()
        // What cannot be read back is not written. With the key at hand, no passphrase is needed.
        _ = try KeyringDocument(bytes, known: document.protection) { [] }
        try append(line.span, toFile: logPath, after: start)
        try replaceFile(bytes.span, path: path, mode: 0o600)
    }

    private func bytes() throws -> [UInt8] {
        // Private keys are sealed in the file, so ordinary memory is good enough for it.
        try SecretBytes(contentsOfFile: path, maximumCount: KeyringDocument.maximumByteCount)
            .withBytes { [UInt8](copying: $0) }
    }

    private func logBytes() throws -> [UInt8] {
        try SecretBytes(contentsOfFile: logPath, maximumCount: 1 << 30).withBytes { [UInt8](copying: $0) }
    }
}

/// The passphrases of a keyring file's custodians.
public struct KeyringPassphrases: Sendable {
    let load: @Sendable () throws -> [SecretBytes]

    /// Creates a source of passphrases.
    ///
    /// - Parameter load: Returns the passphrase, or the two passphrases in the order of the custodians. It is called
    ///   again only when the file has other passphrases than before.
    public init(_ load: @escaping @Sendable () throws -> [SecretBytes]) {
        self.load = load
    }

    /// Reads each passphrase from a file; one trailing line end is ignored.
    ///
    /// `/dev/fd/N` reads the descriptor N.
    public static func files(_ paths: String...) -> KeyringPassphrases {
        KeyringPassphrases { try paths.map { try SecretBytes(contentsOfFile: $0).withoutTrailingNewline() } }
    }

    /// Reads each passphrase from an environment variable.
    public static func environment(_ names: String...) -> KeyringPassphrases {
        KeyringPassphrases { try names.map { try SecretBytes(contentsOfEnvironmentVariable: $0) } }
    }
}
