import Foundation
import KMPrimitives
import KMSecurityTestSupport
import KMTestSupport
import KMWire
import Testing

@testable import KMSecurity

/// Replays the counterexamples of the rotation's model (Tests/Rotation) with the tool's own steps.
///
/// Each trace shows how a message is lost, or a key is erased too early, when one guard is missing. The tool, which has all
/// guards, must block a step of each trace. `Tests/Rotation/check --traces Tests/Rotation/Traces` writes them.
@Suite struct RotationModelTests {
    private static let folder = Document.root.appending(path: "Tests/Rotation/Traces")
    static let names =
        (try? FileManager.default.contentsOfDirectory(atPath: folder.path)
            .map { $0.replacing(".txt", with: "") }.sorted()) ?? []

    /// The guards that are not the tool's: they are about messages, or about what an operator does with a machine.
    private static let elsewhere = [
        // The operator gives a new machine the newest file.
        "fresh-node-current"
    ]

    @Test func tracesExist() {
        #expect(Self.names.count > 20)
    }

    @Test(arguments: names) func theToolBlocksTheTraceOfAMissingGuard(_ name: String) throws {
        let text = try String(contentsOf: Self.folder.appending(path: "\(name).txt"), encoding: .utf8)
        var replay = try Replay(nodes: name.hasPrefix("unlisted") ? ["node1"] : ["node1", "node2"])
        let blocked = try text.split(separator: "\n").firstNonNil {
            try replay.run($0.split(separator: " ").map(String.init))
        }
        #expect((blocked != nil) == !Self.elsewhere.contains(name), "\(blocked ?? "nothing was blocked")")
    }

    /// The two ends of a trace, with their files and nodes.
    private struct Replay {
        struct Node {
            /// The generation of the model that the node runs, and what it has told its operator.
            var census: CensusFile?
            var loads: [CensusFile.Load]
            var since: Date
            var lastUse: Date?
        }

        struct End {
            var file: KeyringFile
            /// The file's generation for each one of the model.
            var generations: [Int: Int]
            var nodes: [Node]
        }

        private var ends: [String: End] = [:]
        private var now = KeyringFileTests.date
        private let logKey: SecretBytes
        private let soakSeconds = 1000

        init(nodes: [String]) throws {
            logKey = try SecretBytes(randomCount: 32)
            for (name, role) in [("provider", KeyringFile.Role.provider), ("platform", .platform)] {
                var file = try KeyringFile(role: role, nodes: nodes, soakSeconds: soakSeconds)
                try Self.add("K1", to: &file, now)
                _ = try file.promote(Self.id("K1"), at: now)
                let load = CensusFile.Load(generation: file.generation, date: now)
                let node = Node(loads: [load], since: now)
                ends[name] = End(file: file, generations: [1: file.generation], nodes: [node, node])
                report(name, 0)
                report(name, 1)
            }
        }

        static func id(_ name: String) throws -> CryptoKeyID { try KeyringFileTests.id(String(name.suffix(1))) }

        private static func add(_ name: String, to file: inout KeyringFile, _ date: Date) throws {
            _ = try file.add(
                id(name),
                certificate: KeyringFileTests.certificate(TestKeys.first()),
                privateKey: .sealed(TestKeys.second()),
                issuedAt: date,
                at: date
            )
        }

        /// Makes one step.
        ///
        /// - Returns: What blocks it; nil if nothing does.
        mutating func run(_ words: [String]) throws -> String? {
            now += 1
            let actor = words[0].split(separator: ".").map(String.init)
            guard actor.count == 2, let end = ends[actor[0]] else { return nil }
            switch (actor[1], words[1]) {
            case ("tool", "soak-begins"), ("tool", "copy-censuses"): return nil
            case ("tool", "soak-ends"):
                now += Double(soakSeconds) + 1
                for (name, end) in ends { for index in end.nodes.indices { report(name, index) } }
                return nil
            case ("tool", "says"):
                let key = try Self.id(words[2]).text
                let statements = try RotationPlan(end.file, fleet(end)).statements
                return statements.contains { $0.key == key && $0.state == words[3] } ? nil : "cannot say \(words[3])"
            case ("tool", "peer"):
                try record(actor[0], words[2], #require(KeyringFile.PeerState(rawValue: words[3])))
                return nil
            case ("tool", _): return try step(actor[0], words)
            case (let node, let action) where node.hasPrefix("node"):
                let index = try #require(node.last?.wholeNumberValue) - 1
                return try move(actor[0], index, action, Int(words[2]).flatMap { end.generations[$0] })
            default: return nil
            }
        }

        private func fleet(_ end: End) throws -> FleetCensus {
            let inputs = try end.nodes.compactMap(\.census).map {
                FleetCensus.Input(source: $0.node, bytes: try $0.encoded(logKey))
            }
            return FleetCensus(
                inputs,
                nodes: end.file.nodes,
                generation: end.file.generation,
                seen: [:],
                logKey,
                at: now
            )
        }

        private mutating func step(_ name: String, _ words: [String]) throws -> String? {
            guard var end = ends[name], words.count == 5, let generation = Int(words[4]) else {
                throw KMError(.keyringFileInvalid, "\(words)")
            }
            let id = try Self.id(words[2])
            let first = end.file.firstIssuedID
            let next = end.file.keys.first { $0.state == .active && $0.id != id }?.id
            let step: RotationGuards.Step
            let guards = RotationGuards(end.file, try fleet(end))
            do {
                switch words[1] {
                case "add": (_, step) = (try Self.add(words[2], to: &end.file, now), .add)
                case "promote": (_, step) = (try end.file.promote(id, at: now), .promote(id))
                case "suspend", "deactivate":
                    _ = try end.file.deactivate(
                        id,
                        isSuspension: words[1] == "suspend",
                        callbacksMoveTo: first == id ? next : nil,
                        at: now
                    )
                    step = .deactivate(id)
                case "reactivate": (_, step) = (try end.file.reactivate(id, at: now), .reactivate(id))
                default: (_, step) = (try end.file.discard(id, at: now), .discard(id))
                }
            } catch let error as KMError where error.code == .rotationBlocked {
                return error.detail
            }
            end.generations[generation] = end.file.generation
            ends[name] = end
            return guards.blockers(of: step).first?.reason
        }

        /// Records a word of the other end.
        private mutating func record(_ name: String, _ key: String, _ state: KeyringFile.PeerState) throws {
            let id = try Self.id(key)
            guard var end = ends[name], end.file.keys.contains(where: { $0.id == id }) else { return }
            let old = end.file.generation
            _ = try end.file.record(state, of: id, at: now)
            // In the model, a word makes no generation of its own: whoever was current stays so.
            for (generation, real) in end.generations where real == old {
                end.generations[generation] = end.file.generation
            }
            for index in end.nodes.indices where end.nodes[index].loads.last?.generation == old {
                end.nodes[index].loads.append(CensusFile.Load(generation: end.file.generation, date: now))
            }
            ends[name] = end
            for index in end.nodes.indices { report(name, index) }
        }

        private mutating func move(_ name: String, _ index: Int, _ action: String, _ generation: Int?) throws -> String?
        {
            guard let loaded = ends[name]?.nodes[index].loads.last?.generation else { return nil }
            switch action {
            case "reload", "restart", "replaced":
                guard let generation else { return nil }
                // FileKeyring and CensusWriter reject it (CensusTests, KeyringStoreTests).
                guard action == "replaced" || generation >= loaded else { return "an older generation" }
                if action == "replaced" { ends[name]?.nodes[index].loads = [] }
                if action != "reload" { ends[name]?.nodes[index].since = now }
                ends[name]?.nodes[index].loads.append(CensusFile.Load(generation: generation, date: now))
            case "open-forgotten": ends[name]?.nodes[index].lastUse = now
            default: return nil
            }
            report(name, index)
            return nil
        }

        /// Copies the census of a node to its operator.
        private mutating func report(_ name: String, _ index: Int) {
            guard let node = ends[name]?.nodes[index], let id = try? Self.id("K1") else { return }
            let use = node.lastUse.map {
                KeyUse(
                    keyID: id,
                    direction: .openedRequest,
                    peer: "peer",
                    acceptedCount: 1,
                    rejectedCount: 0,
                    firstUse: $0,
                    lastUse: $0
                )
            }
            ends[name]?.nodes[index].census = CensusFile(
                node: "node\(index + 1)",
                sequence: Int(now.timeIntervalSince1970),
                loads: Array(node.loads.suffix(CensusFile.maximumLoadCount)),
                since: node.since,
                writtenAt: now,
                hasEnded: false,
                uses: use.map { [$0] } ?? []
            )
        }
    }
}

extension Sequence {
    /// Returns the first result that is not nil.
    fileprivate func firstNonNil<Result>(_ transform: (Element) throws -> Result?) rethrows -> Result? {
        for element in self {
            if let result = try transform(element) { return result }
        }
        return nil
    }
}
