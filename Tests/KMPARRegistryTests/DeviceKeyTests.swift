import KMPARRegistry
import KMSecurity
import KMSecurityTestSupport
import Testing

/// Registries whose tokenization key is in a device.
@Suite("Registry with a tokenization key in a device") struct DeviceKeyTests {
    private let device: MACDevice
    private var configuration: PARRegistry.Configuration

    init() async throws {
        device = try MACDevice(Fixture.secret(200))
        configuration = try Fixture.configuration()
        configuration.assignment = .derivedElsewhere(
            try await ExternalPARTokenizer(ExternalTokenizationKey(device))
        )
    }

    @Test("First uses ask the device once, and give the PARs of the same key in memory") func firstUses() async throws {
        let registry = try await PARRegistry(MemoryPARStore(), configuration, creates: true)
        let asked = device.count
        for number in 0..<10 {
            let pan = try Fixture.pan(number)
            let par = try await registry.par(for: pan)
            #expect(try par == Fixture.tokenizer().par(for: pan))
            #expect(device.count == asked + number + 1)
        }
        #expect(try await registry.par(for: Fixture.pan(3)) == Fixture.tokenizer().par(for: Fixture.pan(3)))
        #expect(device.count == asked + 10)
        let checked = try await registry.check()
        #expect(checked.rederivedPARs == 10 && checked.inconsistencyCount == 0)
    }

    @Test("A derived PAR that another account has is replaced by a random one") func taken() async throws {
        let registry = try await PARRegistry(MemoryPARStore(), configuration, creates: true)
        let (pan, other) = (try Fixture.pan(1), try Fixture.pan(2))
        let derived = try Fixture.tokenizer().par(for: pan)
        try await registry.add(other, with: derived)
        let par = try await registry.par(for: pan)
        #expect(par != derived)
        #expect(try await registry.par(for: pan) == par)
    }

    @Test("A device that is down keeps new cards out, and no others") func outage() async throws {
        let registry = try await PARRegistry(MemoryPARStore(), configuration, creates: true)
        let par = try await registry.par(for: Fixture.pan(1))
        device.behave(.down)
        await #expect(throws: MACDevice.Outage.self) { try await registry.par(for: Fixture.pan(2)) }
        #expect(try await registry.par(for: Fixture.pan(1)) == par)
        #expect(try await registry.existingPAR(for: Fixture.pan(2)) == nil)
        device.behave(.answering)
        #expect(try await registry.par(for: Fixture.pan(2)) == Fixture.tokenizer().par(for: Fixture.pan(2)))
    }

    @Test("Another tokenization key is found by a check, and equal keys are rejected") func keys() async throws {
        let store = MemoryPARStore()
        let registry = try await PARRegistry(store, configuration, creates: true)
        for number in 0..<3 { _ = try await registry.par(for: Fixture.pan(number)) }
        var other = configuration
        other.assignment = .derivedElsewhere(
            try await ExternalPARTokenizer(ExternalTokenizationKey(MACDevice(Fixture.secret(201))))
        )
        let checked = try await PARRegistry(store, other).check()
        #expect(checked.inconsistencies.map(\.description).contains { $0.contains("tokenization key") })
        var equal = configuration
        equal.lookupKeys = [try PANLookupKey(Fixture.secret(200))]
        await #expect(throws: KMError(.keysEqual)) {
            try await PARRegistry(MemoryPARStore(), equal, creates: true)
        }
    }
}
