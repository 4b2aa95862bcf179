internal import Foundation
internal import KMPrimitives
internal import Logging

/// Writes the census of a node beside its keyring file.
///
/// A census that says that the process has ended is continued by the next process. Otherwise the process was killed, and
/// the uses since its last census are unknown: the next census counts from its own start.
final class CensusWriter: Sendable {
    let census: KeyCensus
    private let path: String
    /// Held while the process runs, so that no two processes are the same node.
    private let lock: FileLock
    /// The census that was written last.
    private let last: Locked<CensusFile>
    private let logger: Logger?

    /// Reads the earlier census of the node, and writes the first one of this process.
    ///
    /// - Throws: ``KMError`` `keyringFileOlder` if the node has loaded a later generation before; `fileLocked`
    ///   if another process is the node; `fileUnwritable`.
    init(path: String, node: String, _ document: KeyringDocument, _ logger: Logger?) throws {
        let lock = try FileLock(path: "\(path).lock", waits: false)
        let (now, generation) = (Date(), document.file.generation)
        let earlier = Self.earlier(path, node, document.logKey, logger)
        if let earlier, earlier.generation > generation {
            throw KMError(
                .keyringFileOlder,
                "the keyring file has generation \(generation), and node \(node) has loaded generation "
                    + "\(earlier.generation) before; copy the newest file here"
            )
        }
        var first = CensusFile(
            node: node,
            sequence: max(Int(now.timeIntervalSince1970 * 1000), earlier?.sequence ?? 0),
            loads: earlier?.loads ?? [],
            since: earlier.flatMap { $0.hasEnded ? $0.since : nil } ?? now,
            writtenAt: now,
            hasEnded: false,
            uses: earlier?.uses ?? []
        )
        if first.generation < generation { first.loads.append(CensusFile.Load(generation: generation, date: now)) }
        (self.path, self.lock, self.logger) = (path, lock, logger)
        census = KeyCensus(continuing: first.uses)
        last = Locked(first)
        try write(document, hasEnded: false)
    }

    private static func earlier(
        _ path: String,
        _ node: String,
        _ logKey: SecretBytes,
        _ logger: Logger?
    ) -> CensusFile? {
        guard FileIdentity(path: path) != nil else { return nil }
        do {
            let bytes = try SecretBytes(contentsOfFile: path, maximumCount: CensusFile.maximumByteCount)
            let census = try CensusFile(bytes.withBytes { [UInt8](copying: $0) }, logKey)
            guard census.node == node else { throw KMError(.censusInvalid, "it is the census of another node") }
            return census
        } catch {
            // The node cannot know what it used before. Its new census says so: it counts from now on.
            logger?.error("census not continued", metadata: ["km.detail": "\(error)"])
            return nil
        }
    }

    /// Writes the census.
    ///
    /// - Parameters:
    ///   - document: The keyring file in use.
    ///   - hasEnded: Whether the process uses no key from now on; if it still does, the census is written again.
    /// - Throws: ``KMError`` `fileUnwritable`, `cryptographyUnavailable`.
    func write(_ document: KeyringDocument, hasEnded: Bool) throws {
        try last.withLock { last in
            let reopen: @Sendable () -> Void = { [weak self] in self?.reopen(document) }
            if hasEnded { census.setAfterEnd(reopen) }
            // The time is read before the uses, so that none before it is left out.
            var next = last
            let now = Date()
            next.writtenAt = now
            next.uses = census.uses
            next.hasEnded = hasEnded
            next.sequence += 1
            let generation = document.file.generation
            if next.generation < generation { next.loads.append(CensusFile.Load(generation: generation, date: now)) }
            next.loads = next.loads.suffix(CensusFile.maximumLoadCount)
            let bytes = try next.encoded(document.logKey)
            try replaceFile(bytes.span, path: path, mode: 0o600)
            KeyMetrics.report(next.uses, since: last.uses)
            last = next
            // Not before the file says so: until then, each use tries again.
            if !hasEnded { census.setAfterEnd(nil) }
        }
    }

    private func reopen(_ document: KeyringDocument) {
        do {
            try write(document, hasEnded: false)
        } catch {
            logger?.error("census not written", metadata: ["km.detail": "\(error)"])
        }
    }
}
