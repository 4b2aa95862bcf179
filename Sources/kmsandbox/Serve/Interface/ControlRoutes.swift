#if Sandbox
import Foundation
import HTTPTypes
import Hummingbird
import KMDiagnosis
import KMPrimitives
import KMSecurity

/// The routes by which a user controls a sandbox: its files, settings and keys, and calls that it makes itself.
struct ControlRoutes: Sendable {
    let sandbox: Sandbox
    let callbacks: CallbackSender
    /// The URL of the sandbox, without a path; nil until it runs.
    let origin: Locked<String?>
    let callbackURL: String?
    let warnings: [String]

    /// Adds the routes.
    func add(to router: RouterGroup<BasicRequestContext>) {
        router.get("sandbox/credentials.json") { _, _ in
            InterfaceJSON.response("application/json", String(decoding: try credentials(), as: UTF8.self))
        }
        router.get("sandbox/files/:name") { _, context in try file(context.parameters.get("name") ?? "") }
        router.delete("sandbox/state") { _, _ in
            try sandbox.reset()
            return try InterfaceJSON.response(state)
        }
        router.get("sandbox/settings") { _, _ in try InterfaceJSON.response(sandbox.currentSettings) }
        router.put("sandbox/settings") { request, _ in
            try sandbox.change(.init(parsing: await InterfaceJSON.bytes(request)))
            return try InterfaceJSON.response(state)
        }
        router.post("sandbox/keys/rotate") { _, _ in
            try sandbox.rotate()
            return try InterfaceJSON.response(state)
        }
        router.post("sandbox/try") { request, _ in
            let body = try await InterfaceJSON.bytes(request)
            let call = try await TryIt(sandbox: sandbox).call(
                InterfaceJSON.object("parameters", in: body),
                InterfaceJSON.value(TryIt.Order.self, body)
            )
            return try InterfaceJSON.response(CallDescription(call, isRevealed: false))
        }
        router.post("sandbox/callback") { request, _ in try await callback(request) }
    }

    /// The current state.
    var state: StateDescription {
        StateDescription(
            sandbox,
            baseURL: (origin.withLock { $0 } ?? "") + Sandbox.basePath,
            callbackURL: callbackURL,
            warnings: warnings
        )
    }

    // MARK: Files

    private func credentials() throws -> [UInt8] { try sandbox.parties.credentialsFile().json() }

    private func file(_ name: String) throws -> Response {
        guard let bytes = try sandbox.parties.clientFile(name) else {
            let names = SandboxParties.clientFileNames.joined(separator: ", ")
            throw KMError(.pageUnknown, "there is no such file; the files are \(names)")
        }
        return InterfaceJSON.response(
            name.hasSuffix(".json") ? "application/json" : "text/plain",
            String(decoding: bytes, as: UTF8.self)
        )
    }

    // MARK: Callbacks

    /// The members of a request for a callback, besides its parameters.
    private struct CallbackOrder: Decodable {
        let url: String?
    }

    private func callback(_ request: Request) async throws -> Response {
        let body = try await InterfaceJSON.bytes(request)
        guard let url = try InterfaceJSON.value(CallbackOrder.self, body).url ?? callbackURL else {
            throw KMError(.requestInvalid, "url must be the URL of your server, or start with --callback-url URL")
        }
        let call = try await callbacks.send(url, InterfaceJSON.object("parameters", in: body))
        return try InterfaceJSON.response(CallDescription(call, isRevealed: false))
    }
}
#endif
