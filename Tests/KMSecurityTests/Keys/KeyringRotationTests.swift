import Foundation
import KMSecurityTestSupport
import KMTestSupport
import KMWire
import Testing

@testable import KMSecurity

/// The steps of a rotation on one file, in order and out of order.
@Suite struct KeyringRotationTests {
    private let date = KeyringFileTests.date
    private let (first, second, third): (CryptoKeyID, CryptoKeyID, CryptoKeyID)

    init() throws {
        (first, second, third) = try (KeyringFileTests.id("1"), KeyringFileTests.id("2"), KeyringFileTests.id("3"))
    }

    private func code(_ file: KeyringFile, _ step: (inout KeyringFile) throws -> KeyringFile.Change) -> KMError.Code? {
        var copy = file
        return rejection { try step(&copy) }
    }

    @Test func aWholeRotation() throws {
        var file = try KeyringFileTests.file()
        #expect(file.primaryID == first && file.firstIssuedID == first)
        #expect(
            code(file) { try $0.deactivate(first, isSuspension: false, callbacksMoveTo: nil, at: date) }
                == .rotationBlocked
        )
        let promoted = try file.promote(second, at: date)
        #expect(promoted.from == .preActivation && promoted.to == .active)
        #expect(file.primaryID == second && file.firstIssuedID == first)
        // Callbacks still use the old key, so the operator must say where they go.
        for wrong in [nil, first, third] as [CryptoKeyID?] {
            #expect(
                code(file) { try $0.deactivate(first, isSuspension: false, callbacksMoveTo: wrong, at: date) }
                    == .rotationBlocked
            )
        }
        _ = try file.deactivate(first, isSuspension: false, callbacksMoveTo: second, at: date)
        #expect(file.firstIssuedID == second)
        // A third id has no room yet.
        #expect(
            code(file) {
                try $0.add(
                    third,
                    certificate: $0.keys[0].certificate,
                    privateKey: nil,
                    issuedAt: date,
                    at: date
                )
            } == .rotationBlocked
        )
        // The peer may rely on it that the key begins no message any more.
        #expect(code(file) { try $0.reactivate(first, at: date) } == .rotationBlocked)
        let certificate = file.keys[0].certificate
        _ = try file.discard(first, at: date)
        #expect(file.keys[0].certificate == nil && file.keys[0].privateKey == nil)
        #expect(code(file) { try $0.reactivate(first, at: date) } == .rotationBlocked)
        _ = try file.add(third, certificate: certificate, privateKey: nil, issuedAt: date, at: date)
        #expect(
            code(file) { try $0.add(first, certificate: certificate, privateKey: nil, issuedAt: date, at: date) }
                == .keyringFileInvalid
        )
        #expect(file.generation == 8)
        try file.check()
    }

    @Test func aCompromisedKeyDoesNothing() throws {
        var file = try KeyringFileTests.file()
        #expect(code(file) { try $0.compromise(first, allowsNoPrimary: false, at: date) } == .rotationBlocked)
        _ = try file.promote(second, at: date)
        _ = try file.compromise(first, allowsNoPrimary: false, at: date)
        let ring = try file.keyring { _ in throw KMError(.fileUnreadable) }
        #expect(try ring.key(first).state == .discarded)
        #expect(ring.primaryID == second)
        #expect(code(file) { try $0.reactivate(first, at: date) } == .rotationBlocked)
        _ = try file.discard(first, at: date)
        // Even the last key can be given up.
        _ = try file.compromise(second, allowsNoPrimary: true, at: date)
        #expect(file.primaryID == nil && file.firstIssuedID == nil)
    }

    @Test func aSuspendedKeyComesBack() throws {
        var file = try KeyringFileTests.file()
        _ = try file.promote(second, at: date)
        _ = try file.deactivate(first, isSuspension: true, callbacksMoveTo: second, at: date)
        #expect(file.keys[0].state == .suspended && file.keys[0].changedIn == file.generation)
        #expect(code(file) { try $0.discard(first, at: date) } == .rotationBlocked)
        _ = try file.reactivate(first, at: date)
        #expect(file.keys[0].state == .active && file.firstIssuedID == first)
        _ = try file.deactivate(first, isSuspension: true, callbacksMoveTo: second, at: date)
        _ = try file.deactivate(first, isSuspension: false, callbacksMoveTo: nil, at: date)
        #expect(file.keys[0].state == .deactivated)
    }

    @Test func aPlatformHasNoPrimaryKey() throws {
        var file = try KeyringFile(role: .platform, nodes: [])
        let certificate = try KeyringFileTests.certificate(TestKeys.first())
        _ = try file.add(
            first,
            certificate: certificate,
            privateKey: .sealed(TestKeys.second()),
            issuedAt: date,
            at: date
        )
        _ = try file.promote(first, at: date)
        #expect(file.primaryID == nil && file.firstIssuedID == first)
        #expect(code(file) { try $0.promote(first, at: date) } == .rotationBlocked)
        #expect(
            code(file) { try $0.deactivate(first, isSuspension: true, callbacksMoveTo: nil, at: date) }
                == .rotationBlocked
        )
        #expect(code(file) { try $0.discard(first, at: date) } == .rotationBlocked)
        #expect(code(file) { try $0.promote(second, at: date) } == .keyUnknown)
    }

    /// Every sequence of steps, sensible or not, leaves a file that is consistent, or throws.
    @Test func noSequenceOfStepsBreaksTheFile() throws {
        let certificate = try KeyringFileTests.certificate(TestKeys.first())
        let ids = [first, second, third]
        var generator = SeededGenerator(seed: 7)
        for round in 0..<200 {
            var file = try KeyringFile(role: round % 2 == 0 ? .provider : .platform, nodes: [])
            for minute in 0..<40 {
                let (id, other) = (ids.randomElement(using: &generator) ?? first, ids.randomElement(using: &generator))
                let now = date.addingTimeInterval(Double(minute) * 60)
                let old = file
                var next = file
                let change = try? [
                    { try $0.add(id, certificate: certificate, privateKey: nil, issuedAt: now, at: now) },
                    { try $0.promote(id, at: now) }, { try $0.reactivate(id, at: now) },
                    { try $0.deactivate(id, isSuspension: minute % 2 == 0, callbacksMoveTo: other, at: now) },
                    { try $0.discard(id, at: now) },
                    { try $0.compromise(id, allowsNoPrimary: false, at: now) },
                ].randomElement(using: &generator).map { (step: (inout KeyringFile) throws -> KeyringFile.Change) in
                    try step(&next)
                }
                guard change != nil else { continue }
                file = next
                try file.check()
                #expect(file.generation == old.generation + 1)
                #expect(file.keys.count(where: \.state.isUsable) <= 2)
                // A provider that could send still can.
                if old.primaryID != nil { #expect(file.primaryID != nil) }
                // What is destroyed stays destroyed.
                for (was, key) in zip(old.keys, file.keys) where was.state == .destroyed {
                    #expect(key.state == .destroyed)
                }
                _ = try file.keyring { _ in throw KMError(.fileUnreadable) }
            }
        }
    }
}
