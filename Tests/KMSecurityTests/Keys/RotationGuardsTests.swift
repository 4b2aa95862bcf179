import Foundation
import KMPrimitives
import KMSecurityTestSupport
import KMTestSupport
import KMWire
import Testing

@testable import KMSecurity

/// What blocks each step of a rotation: the peer's word, the nodes' acknowledgements, and the soak time.
@Suite struct RotationGuardsTests {
    private let date = KeyringFileTests.date
    private let (first, second, third): (CryptoKeyID, CryptoKeyID, CryptoKeyID)
    private let logKey: SecretBytes

    init() throws {
        (first, second, third) = try (KeyringFileTests.id("1"), KeyringFileTests.id("2"), KeyringFileTests.id("3"))
        logKey = try SecretBytes(randomCount: 32)
    }

    /// The census of a node that loaded a generation at `date`, with times in seconds after it.
    private func census(
        _ node: String,
        generation: Int,
        since: Double = 0,
        until: Double,
        hasEnded: Bool = false,
        lastUse: Double? = nil
    ) -> CensusFile {
        let uses = lastUse.map { seconds in
            [
                KeyUse(
                    keyID: first,
                    direction: .openedRequest,
                    peer: "shop",
                    acceptedCount: 1,
                    rejectedCount: 0,
                    firstUse: date,
                    lastUse: date + seconds
                )
            ]
        }
        return CensusFile(
            node: node,
            sequence: 5,
            loads: [CensusFile.Load(generation: generation, date: date)],
            since: date + since,
            writtenAt: date + until,
            hasEnded: hasEnded,
            uses: uses ?? []
        )
    }

    private func blockers(
        _ step: RotationGuards.Step,
        _ file: KeyringFile,
        _ censuses: [CensusFile],
        at seconds: Double
    ) throws -> [String] {
        let inputs = try censuses.map { FleetCensus.Input(source: $0.node, bytes: try $0.encoded(logKey)) }
        let fleet = FleetCensus(
            inputs,
            nodes: file.nodes,
            generation: file.generation,
            seen: [:],
            logKey,
            at: date + seconds
        )
        return RotationGuards(file, fleet).blockers(of: step).map(\.reason)
    }

    @Test func promoteWaitsForThePeerAndAllNodes() throws {
        var file = try KeyringFileTests.file()
        let all = ["a", "b"].map { census($0, generation: 5, until: 1) }
        let now = ["a", "b"].map { census($0, generation: 4, until: 1) }
        #expect(try blockers(.promote(second), file, now, at: 1).count == 1)
        // A node that runs a later generation has another file, such as one before a backup was restored.
        #expect(try blockers(.promote(second), file, all, at: 1).contains { $0.contains("restored backup") })
        _ = try file.record(.holds, of: second, at: date)
        #expect(try blockers(.promote(second), file, all, at: 1).isEmpty)
        #expect(
            try blockers(.promote(second), file, [all[0]], at: 1) == ["node b is unknown: there is no census of it"]
        )
        let late = [all[0], census("b", generation: 4, until: 1)]
        #expect(try blockers(.promote(second), file, late, at: 1) == ["node b has loaded generation 4, not 5"])
        #expect(
            try blockers(.promote(second), file, all + [census("c", generation: 5, until: 1)], at: 1)
                == ["node c uses the file and is not listed"]
        )
        // A node that ended does not use the file any more.
        #expect(
            try blockers(.promote(second), file, all + [census("c", generation: 5, until: 1, hasEnded: true)], at: 1)
                .isEmpty
        )
        _ = try file.record(.stopped, of: second, at: date)
        #expect(
            try blockers(.promote(second), file, ["a", "b"].map { census($0, generation: 6, until: 1) }, at: 1) != []
        )
        _ = try file.set(nodes: [], soakSeconds: 9)
        #expect(try blockers(.promote(second), file, [], at: 1).contains { $0.hasPrefix("the file lists no nodes") })
    }

    @Test func theFirstKeyNeedsNoNodes() throws {
        var file = try KeyringFile(role: .platform, nodes: ["a"])
        _ = try file.add(first, certificate: nil, privateKey: .sealed(TestKeys.first()), issuedAt: date, at: date)
        #expect(try blockers(.promote(first), file, [], at: 1).count == 1)
        _ = try file.record(.holds, of: first, at: date)
        #expect(try blockers(.promote(first), file, [], at: 1).isEmpty)
    }

    /// Returns a file in generation 7 whose first key is deactivated, and whose soak time is 100 s.
    private func retiring() throws -> KeyringFile {
        var file = try KeyringFileTests.file()
        _ = try file.set(nodes: ["a", "b"], soakSeconds: 100)
        _ = try file.promote(second, at: date)
        _ = try file.deactivate(first, isSuspension: false, callbacksMoveTo: second, at: date)
        return file
    }

    @Test func deactivateWaitsForAllNodes() throws {
        var file = try KeyringFileTests.file()
        _ = try file.promote(second, at: date)
        let all = ["a", "b"].map { census($0, generation: 5, until: 1) }
        #expect(try blockers(.deactivate(first), file, all, at: 1).isEmpty)
        #expect(try !blockers(.deactivate(first), file, [all[0]], at: 1).isEmpty)
    }

    @Test func discardWaitsForThePeerTheNodesAndTheSoakTime() throws {
        var file = try retiring()
        let all = ["a", "b"].map { census($0, generation: 7, until: 150) }
        // Without the peer's word, no number of unused days is enough.
        #expect(
            try blockers(.discard(first), file, all, at: 150).map { $0.prefix(26) } == ["the peer has not said that"]
        )
        _ = try file.record(.stopped, of: first, at: date + 40)
        // The soak time begins with the last of the peer's word, the nodes' acknowledgements, and the last use.
        #expect(try blockers(.discard(first), file, all, at: 139).count == 1)
        #expect(try blockers(.discard(first), file, all, at: 150).isEmpty)
        let used = [all[0], census("b", generation: 7, until: 150, lastUse: 60)]
        let reason = try #require(blockers(.discard(first), file, used, at: 150).first)
        #expect(reason.contains("node b used it last (opened-request, peer shop)"))
        // It must have passed in the censuses too, not only on the clock.
        #expect(try blockers(.discard(first), file, used, at: 161).count == 2)
        #expect(
            try blockers(
                .discard(first),
                file,
                ["a", "b"].map { census($0, generation: 7, until: 161, lastUse: 60) },
                at: 161
            ).isEmpty
        )
        // A node that was killed counts from its new start.
        let restarted = [all[0], census("b", generation: 7, since: 55, until: 150)]
        #expect(try blockers(.discard(first), file, restarted, at: 150).count == 1)
        // A node that ended may run again elsewhere; it counts until it is removed from the list.
        let ended = [census("a", generation: 7, until: 150), census("b", generation: 7, until: 45, hasEnded: true)]
        #expect(try !blockers(.discard(first), file, ended, at: 150).isEmpty)
        // An old generation may still begin messages under the key.
        let old = [all[0], census("b", generation: 6, until: 150)]
        #expect(try blockers(.discard(first), file, old, at: 150).contains("node b has loaded generation 6, not 7"))
        #expect(try !blockers(.discard(first), file, [all[0]], at: 150).isEmpty)
        // Censuses of long ago say nothing about now.
        #expect(try blockers(.discard(first), file, all, at: 150 + 3601).count == 2)
        // A compromised key waits for nothing.
        _ = try file.compromise(first, allowsNoPrimary: false, at: date)
        #expect(try blockers(.discard(first), file, [], at: 1).isEmpty)
    }

    @Test func aThirdKeyWaitsForThePeerAndAllNodes() throws {
        var file = try retiring()
        // Before a key is gone, there is nothing to wait for.
        #expect(try blockers(.add, file, [], at: 1).isEmpty)
        _ = try file.record(.stopped, of: first, at: date)
        _ = try file.discard(first, at: date)
        let all = ["a", "b"].map { census($0, generation: 9, until: 1) }
        #expect(try blockers(.add, file, all, at: 1).map { $0.prefix(26) } == ["the peer has not said that"])
        _ = try file.record(.destroyed, of: first, at: date)
        #expect(try blockers(.add, file, all, at: 1).isEmpty)
        // A node that has not loaded the generation without the key could open messages under three.
        let late = [all[0], census("b", generation: 8, until: 1)]
        #expect(try blockers(.add, file, late, at: 1) == ["node b has loaded generation 8, not 9"])
        #expect(
            try blockers(.add, file, all + [census("c", generation: 9, until: 1)], at: 1)
                == ["node c uses the file and is not listed"]
        )
        _ = try file.set(nodes: [], soakSeconds: 9)
        #expect(try blockers(.add, file, [], at: 1).count == 1)
    }

    /// The peer may use a compromised key although it never said anything about it.
    @Test func aCompromisedKeyTakesThePlaceOfANewOne() throws {
        var file = try retiring()
        _ = try file.compromise(first, allowsNoPrimary: false, at: date)
        let all = ["a", "b"].map { census($0, generation: 8, until: 1) }
        #expect(file.keys[0].peer == nil)
        #expect(try blockers(.add, file, all, at: 1).map { $0.prefix(26) } == ["the peer has not said that"])
        // To erase it here changes nothing at the peer.
        _ = try file.discard(first, at: date)
        let erased = ["a", "b"].map { census($0, generation: 9, until: 1) }
        #expect(try blockers(.add, file, erased, at: 1).map { $0.prefix(26) } == ["the peer has not said that"])
        let inputs = try erased.map { FleetCensus.Input(source: $0.node, bytes: try $0.encoded(logKey)) }
        let fleet = FleetCensus(inputs, nodes: ["a", "b"], generation: 9, seen: [:], logKey, at: date + 1)
        #expect(RotationPlan(file, fleet).steps.map(\.command) == ["peer FILE \(first) destroyed"])
        _ = try file.record(.destroyed, of: first, at: date)
        #expect(try blockers(.add, file, erased, at: 1).isEmpty)
    }

    @Test func thePeersStateOnlyGoesForward() throws {
        var file = try retiring()
        let states = KeyringFile.PeerState.allCases
        for (place, state) in states.enumerated() {
            _ = try file.record(state, of: first, at: date)
            for earlier in states[..<place] {
                let generation = file.generation
                let error = #expect(throws: KMError.self) { try file.record(earlier, of: first, at: date + 9) }
                #expect(error?.code == .rotationBlocked && error?.detail.contains("only goes forward") == true)
                #expect(file.keys[0].peer?.state == state && file.generation == generation)
            }
            // The same word again is a newer one.
            _ = try file.record(state, of: first, at: date + 1)
            #expect(file.keys[0].peer?.recordedAt == date + 1)
        }
    }

    /// The audit log quotes what a step was forced past.
    @Test func reasonsQuoteNoCardNumber() throws {
        let file = try retiring()
        var used = census("a", generation: 7, until: 1)
        used.uses = [
            KeyUse(
                keyID: first,
                direction: .openedRequest,
                peer: testCardNumber,
                acceptedCount: 1,
                rejectedCount: 0,
                firstUse: date,
                lastUse: date + 1
            )
        ]
        let all = [used, census("b", generation: 7, until: 1), census(testCardNumber, generation: 7, until: 1)]
        let reasons = try blockers(.discard(first), file, all, at: 1).joined(separator: "\n")
        #expect(reasons.contains("peer 949133******0765"))
        #expect(reasons.contains("node 949133******0765 uses"))
        #expect(!reasons.contains(testCardNumber))
    }

    /// Whoever follows the plan at both ends gets through a rotation, in any order of steps.
    @Test func thePlanLeadsThroughARotation() throws {
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<20 {
            var files = try [KeyringFile.Role.provider, .platform].map { role in
                var file = try KeyringFile(role: role, nodes: ["a"], soakSeconds: 10)
                let certificate = try KeyringFileTests.certificate(TestKeys.first())
                for (id, age) in [(first, 0.0), (second, 5)] {
                    _ = try file.add(
                        id,
                        certificate: certificate,
                        privateKey: .sealed(TestKeys.second()),
                        issuedAt: date + age,
                        at: date
                    )
                    if id == first { _ = try file.promote(id, at: date) }
                }
                return file
            }
            var now = 0.0
            while !files.allSatisfy({ $0.keys[0].state == .destroyed && $0.keys[0].peer?.state == .destroyed }) {
                try #require(now < 10_000)
                now += 7
                let turn = Int.random(in: 0...1, using: &generator)
                let plans = try files.map { file in
                    let census = census("a", generation: file.generation, until: now)
                    let input = FleetCensus.Input(source: "a", bytes: try census.encoded(logKey))
                    return RotationPlan(
                        file,
                        FleetCensus(
                            [input],
                            nodes: ["a"],
                            generation: file.generation,
                            seen: [:],
                            logKey,
                            at: date + now
                        )
                    )
                }
                // The peer's statements are recorded, and one step of the plan is made.
                for statement in plans[1 - turn].statements {
                    let (id, state) = try (CryptoKeyID(statement.key), KeyringFile.PeerState(rawValue: statement.state))
                    guard let state, files[turn].keys.first(where: { $0.id == id })?.peer?.state != state else {
                        continue
                    }
                    _ = try files[turn].record(state, of: id, at: date + now)
                }
                let open = plans[turn].steps.filter { $0.blockedBy.isEmpty && $0.command != nil }
                guard let words = open.randomElement(using: &generator)?.command?.split(separator: " ") else {
                    continue
                }
                let id = words.count > 2 ? try? CryptoKeyID(String(words[2])) : nil
                guard let id else { continue }
                switch words[0] {
                case "promote": _ = try files[turn].promote(id, at: date + now)
                case "deactivate":
                    let next = words.count > 4 ? try CryptoKeyID(String(words[4])) : nil
                    _ = try files[turn].deactivate(id, isSuspension: false, callbacksMoveTo: next, at: date + now)
                case "discard": _ = try files[turn].discard(id, at: date + now)
                default: break
                }
            }
            #expect(files.allSatisfy { $0.keys[1].state == .active })
        }
    }
}
