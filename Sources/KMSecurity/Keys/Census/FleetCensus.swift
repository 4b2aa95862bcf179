package import Foundation
package import KMPrimitives
internal import KMWire

/// The censuses of all nodes that a keyring file lists, at one time.
///
/// A census that is missing, damaged, older than one seen before, or written in the future is no census: the node's uses
/// are then unknown, and never zero.
package struct FleetCensus: Sendable {
    /// A census as it was read from a file.
    package struct Input: Sendable {
        let source: String
        let contents: Result<[UInt8], KMError>

        /// Reads a file, which must be a regular one: another one could make the reader wait.
        package init(contentsOfFile path: String) {
            source = path
            do {
                if FileIdentity(path: path) != nil, !isRegularFile(path) {
                    throw KMError(.fileUnreadable, "a census must be a regular file, not a directory, pipe or device")
                }
                let bytes = try SecretBytes(contentsOfFile: path, maximumCount: CensusFile.maximumByteCount)
                contents = .success(bytes.withBytes { [UInt8](copying: $0) })
            } catch {
                contents = .failure(error as? KMError ?? KMError(.fileUnreadable, path))
            }
        }

        /// Creates an input from bytes.
        package init(source: String, bytes: [UInt8]) {
            self.source = source
            contents = .success(bytes)
        }
    }

    /// A file that is no census.
    package struct Fault: Sendable {
        /// The path of the file.
        package let source: String
        /// What is wrong with it.
        package let reason: String

        /// The path and the reason.
        package var text: String { "\(source): \(reason)" }

        init(_ source: String, _ reason: String) {
            self.source = source
            // The errors of files name them too.
            self.reason = reason.hasPrefix("\(source): ") ? String(reason.dropFirst(source.count + 2)) : reason
        }
    }

    /// The census of a listed node, or why there is none.
    package enum Node: Sendable {
        case known(CensusFile)
        case unknown(String)
    }

    /// The largest difference between the clocks of two machines, in seconds.
    static let maximumSkew: TimeInterval = 60

    /// The longest time since a census was written, in seconds, for it to say what a node runs now.
    static let maximumAge: TimeInterval = 3600

    /// The listed nodes in the order of the file.
    package let nodes: [(name: String, node: Node)]
    /// The files that are no census, each with the reason.
    package let faults: [Fault]
    /// The names of nodes that are not listed, and have a census that does not say that they have ended.
    package let unlisted: [String]
    /// The sequence numbers of the censuses that were seen, by node.
    package let sequences: [String: Int]
    /// When the censuses were read.
    let date: Date

    /// Reads the censuses of a fleet.
    ///
    /// - Parameters:
    ///   - inputs: The files.
    ///   - names: The listed nodes.
    ///   - generation: The generation of the keyring file.
    ///   - seen: The sequence numbers of the censuses seen before, by node.
    ///   - logKey: The key of the log in the sealed part of the keyring file.
    ///   - date: The current time.
    package init(
        _ inputs: [Input],
        nodes names: [String],
        generation: Int,
        seen: [String: Int],
        _ logKey: SecretBytes,
        at date: Date
    ) {
        var (found, faults, unlisted): ([String: CensusFile], [Fault], [String]) = ([:], [], [])
        for input in inputs {
            do {
                let census = try CensusFile(input.contents.get(), logKey)
                if let other = found[census.node], other.sequence >= census.sequence { continue }
                found[census.node] = census
            } catch {
                faults.append(Fault(input.source, (error as? KMError)?.detail ?? "it cannot be read"))
            }
        }
        var sequences = seen
        for (name, census) in found {
            if !names.contains(name), !census.hasEnded { unlisted.append(name) }
        }
        let nodes = names.map { name -> (name: String, node: Node) in
            guard let census = found[name] else {
                let reasons = faults.filter { $0.source.hasSuffix(".\(name).census") || names.count == 1 }.map(\.text)
                return (name, .unknown(reasons.first ?? "there is no census of it"))
            }
            if let last = seen[name], census.sequence < last {
                return (name, .unknown("its census is older than one seen before; copy the newest one here"))
            }
            if census.writtenAt > date.addingTimeInterval(Self.maximumSkew) {
                return (name, .unknown("its census is from the future; set the clocks of both machines"))
            }
            // Two files with the same generation could differ, so the node's acknowledgements mean nothing.
            if census.generation > generation {
                return (
                    name,
                    .unknown(
                        "it has loaded generation \(census.generation), and this file has \(generation); is this a "
                            + "restored backup?"
                    )
                )
            }
            sequences[name] = max(census.sequence, seen[name] ?? 0)
            return (name, .known(census))
        }
        self.nodes = nodes
        self.faults = faults
        self.unlisted = unlisted.sorted()
        self.sequences = sequences
        self.date = date
    }

    /// The nodes that have not loaded a generation, each with the reason.
    func missing(_ generation: Int) -> [RotationGuards.Blocker] {
        nodes.compactMap { name, node in
            switch node {
            case .unknown(let reason): RotationGuards.Blocker("node \(name) is unknown: \(reason)")
            case .known(let census) where census.generation < generation:
                RotationGuards.Blocker(
                    "node \(name) has loaded generation \(census.generation), not \(generation)",
                    "copy the file there"
                )
            // The machine may have been replaced since, or run an older file again.
            case .known(let census) where date.timeIntervalSince(census.writtenAt) > Self.maximumAge:
                RotationGuards.Blocker(
                    "the census of node \(name) ends at \(KeyringTime.text(census.writtenAt))",
                    census.hasEnded
                        ? "start the node, or remove it from the list" : "copy the newest one here"
                )
            case .known: nil
            }
        }
    }

    /// Returns all uses of a key, with the node.
    package func uses(of id: CryptoKeyID) -> [(node: String, use: KeyUse)] {
        nodes.flatMap { name, node -> [(String, KeyUse)] in
            guard case .known(let census) = node else { return [] }
            return census.uses.filter { $0.keyID == id }.map { (name, $0) }
        }
    }
}
