#if Sandbox
import Hummingbird
import NIOCore

/// Writes the events of a history as Server-Sent Events.
struct EventStream: Sendable {
    let events: AsyncStream<CallHistory.Event>
    /// Returns the current state as JSON.
    let state: @Sendable () throws -> String

    func write(to writer: inout any ResponseBodyWriter) async throws {
        // The state comes first, so that a page that connects again is up to date.
        try await writer.write(ByteBuffer(string: "event: state\ndata: \(try state())\n\n"))
        for await event in events { try await writer.write(ByteBuffer(string: try text(event))) }
        try await writer.finish(nil)
    }

    private func text(_ event: CallHistory.Event) throws -> String {
        switch event {
        case .keepAlive: ":\n\n"
        case .change: "event: state\ndata: \(try state())\n\n"
        case .call(let call, _, _): "event: call\nid: \(call.number)\ndata: \(try InterfaceJSON.text(call))\n\n"
        }
    }
}
#endif
