#if SQLite
import Foundation
import KMSecurity
import Testing

@testable import KMPARRegistry

extension TestStore {
    /// Executes statements in the file, as another program would.
    func executeInSQLite(_ script: String) throws {
        try SQLiteConnection(path: path, busyTimeout: 1000).execute(script)
    }

    /// Creates a registry with a reissued card, a second account and an erased one, and closes it.
    func fill() async throws {
        let store = try open()
        let registry = try await PARRegistry(store, Fixture.configuration(), creates: true)
        for number in 1...3 { _ = try await registry.par(for: Fixture.pan(number)) }
        try await registry.reissue(Fixture.pan(1), as: Fixture.pan(4))
        let par = try await registry.par(for: Fixture.pan(3))
        try await registry.erase(par, Fixture.access())
        await store.close()
    }

    /// Opens the file, makes each call of the store and of the registry, and closes it.
    ///
    /// - Returns: The codes of the errors. Any other error than ``KMError`` is an issue of the test.
    func callEverything() async throws -> Set<KMError.Code> {
        var codes: Set<KMError.Code> = []
        func attempt(_ body: () async throws -> Void) async {
            do {
                try await body()
            } catch let error as KMError {
                codes.insert(error.code)
            } catch {
                Issue.record("the store threw \(error)")
            }
        }
        var opened: SQLitePARStore?
        await attempt { opened = try SQLitePARStore(path: path) }
        guard let store = opened else { return codes }
        let configuration = try Fixture.configuration()
        let (tokenizer, access, date) = (try Fixture.tokenizer(), try Fixture.access(), Date())
        let hash = try Fixture.lookupKey(1).hash(of: Fixture.pan(1))
        let par = try tokenizer.par(for: Fixture.pan(1))
        var state = RegistryState(epoch: 1, current: try Fixture.lookupKey(1).name, column: .a)
        await attempt { _ = try await store.prepare(lookupKey: nil) }
        await attempt { state = try await store.state() }
        await attempt { _ = try await store.pars(of: [hash], state) }
        await attempt { _ = try await store.cards(after: 0, limit: 100) }
        await attempt { _ = try await store.cards([1, 2, 3, 4]) }
        await attempt { _ = try await store.accounts(after: nil, limit: 100) }
        await attempt { _ = try await store.accounts([par]) }
        await attempt { _ = try await store.firstCardCounts([par]) }
        await attempt { _ = try await store.statistics() }
        await attempt { _ = try await store.history(of: par, access, at: date) }
        await attempt {
            let registry = try await PARRegistry(store, configuration)
            await attempt { _ = try await registry.check() }
            await attempt { _ = try await registry.par(for: Fixture.pan(1)) }
            await attempt { _ = try await registry.par(for: Fixture.pan(5)) }
            await attempt { try await registry.reissue(Fixture.pan(2), as: Fixture.pan(6)) }
        }
        await attempt { try await store.setNextHashes([2: hash], state) }
        await attempt { try await store.eraseRetiredHashes(1...4, state) }
        await attempt { try await store.reseal([1: Fixture.sealingKey(2).seal(Fixture.pan(1), for: par)]) }
        await attempt { try await store.eraseSealed([1]) }
        await attempt { _ = try await store.change(state, to: state) }
        await attempt { _ = try await store.erase(par, access, at: date) }
        await store.close()
        return codes
    }
}
#endif
