#if Sandbox
import ArgumentParser
import KMPrimitives

/// The names that `--only` can have.
struct CaseSelection {
    /// The names of the cases that the test has.
    let names: [String]
    /// The names of the other kind of test: of clients for servers, and of servers for clients.
    let otherNames: [String]
    /// How to get the other kind of test.
    let otherKind: String

    /// The cases of servers.
    static let ofServers = CaseSelection(
        names: ConformanceCase.all.map(\.name),
        otherNames: ClientCase.all.map(\.name),
        otherKind: "it is a case of clients; use it with --listen"
    )

    /// The cases of clients.
    static let ofClients = CaseSelection(
        names: ClientCase.all.map(\.name),
        otherNames: ConformanceCase.all.map(\.name),
        otherKind: "it is a case of servers; use it with --url, without --listen"
    )

    /// Checks the names of `--only`.
    ///
    /// - Throws: `ValidationError`, which names the nearest names.
    func check(_ only: [String]) throws {
        for name in only where !names.contains(name) {
            if otherNames.contains(name) { throw ValidationError("--only \(name): \(otherKind)") }
            let near = near(name)
            let hint =
                near.isEmpty
                ? "--list shows all names"
                : "did you mean \(near.dropLast().map { "\($0), " }.joined())\(near.count > 1 ? "or " : "")\(near.last ?? "")?"
            throw ValidationError("--only \(name): there is no case of this name; \(hint)")
        }
    }

    /// Returns up to three names that a wrong name probably means.
    private func near(_ name: String) -> [String] {
        var near = EditDistance.allNear(name, among: names)
        if name.count > 2 { near += names.filter { $0.contains(name) && !near.contains($0) } }
        return Array(near.prefix(3))
    }
}
#endif
