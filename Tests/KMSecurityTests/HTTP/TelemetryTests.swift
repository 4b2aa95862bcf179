import CoreMetrics
import HTTPTypes
import InMemoryTracing
import KMSecurity
import KMSecurityTestSupport
import MetricsTestKit
import Testing
import Tracing

/// Metrics and spans of the exchange.
@Suite("Metrics and traces") struct TelemetryTests {
    /// The process can install one tracer.
    static let tracer = {
        let tracer = InMemoryTracer()
        InstrumentationSystem.bootstrap(tracer)
        return tracer
    }()

    let pair: ClientAndServer

    init() throws { pair = try ClientAndServer() }

    @Test("Each decision and each seal has a duration, and each check a result") func durations() async throws {
        let metrics = TestMetrics()
        try await withMetricsFactory(metrics) {
            let (client, server) = (try pair.client(), try pair.server())
            let request = try client.seal(ClientAndServer.parameters)
            let response = await server.respond(to: request.headers, request.body) { $0.parameters }
            _ = try await client.open(response.headers, response.body, answering: request)
            let copy = await server.respond(to: request.headers, request.body) { $0.parameters }
            #expect(copy.status == .badRequest)
        }
        let accepted = [("km.message", "request"), ("km.result", "accepted")]
        let rejected = [("km.message", "request"), ("km.result", "rejected"), ("error.type", "replayed")]
        #expect(try metrics.expectCounter("km.verify", accepted).totalValue == 1)
        #expect(try metrics.expectCounter("km.verify", rejected).totalValue == 1)
        #expect(try metrics.expectTimer("km.replay.duration").values.count == 2)
        for (label, dimensions) in [
            ("km.seal.duration", [("km.message", "request")]), ("km.seal.duration", [("km.message", "answer")]),
            ("km.open.duration", [("km.message", "request")]), ("km.open.duration", [("km.message", "response")]),
            ("km.answer.duration", [("km.message", "answer")]),
            ("km.open.duration", [("km.message", "request"), ("error.type", "replayed")]),
        ] {
            let timer = try metrics.expectTimer(label, dimensions)
            #expect(timer.values.count == 1 && timer.values.allSatisfy { $0 > 0 })
        }
    }

    @Test("Hostile requests create no new series") func series() async throws {
        let metrics = TestMetrics()
        try await withMetricsFactory(metrics) {
            let (client, server) = (try pair.client(), try pair.server())
            let request = try client.seal(ClientAndServer.parameters)
            var counts: [Int] = []
            for round in 0..<2 {
                for number in 0..<200 {
                    var headers = request.headers
                    headers[.kmAccessKey] = String(repeating: "a", count: 37) + String(100 + number + round * 300)
                    headers[.kmCorrelationID] = "270305123456-000\(1000 + number + round * 300)"
                    headers[.kmUserAspID] = "00017000000\(1000 + number)"
                    headers[.kmCryptoKeyID] = String(repeating: "b", count: 29) + "\(100 + number)"
                    _ = await server.respond(to: headers, request.body) { $0.parameters }
                    headers[.kmTranTime] = "\(number)"
                    _ = await server.respond(to: headers, request.body) { $0.parameters }
                }
                counts.append(metrics.recorders.count + metrics.counters.count + metrics.timers.count)
            }
            #expect(counts[0] == counts[1])
        }
    }

    @Test("Spans nest in the caller's, carry the correlation id, and no text of an error") func spans() async throws {
        let tracer = Self.tracer
        let (client, server) = (try pair.client(), try pair.server())
        let request = try client.seal(ClientAndServer.parameters)
        let id = request.requestHeaders.correlationID.text
        struct Quoting: Error, CustomStringConvertible {
            let description = "card 9491339401250765"
        }
        let parent = await withSpan("parent") { span in
            _ = await server.respond(to: request.headers, request.body) { _ in throw Quoting() }
            return span.context
        }
        let spans = tracer.finishedSpans.filter { span in
            span.attributes.get("km.correlation-id") == .string(id)
        }
        #expect(spans.map(\.operationName).sorted() == ["km.answer", "km.open request"])
        #expect(spans.allSatisfy { $0.traceID == parent.inMemorySpanContext?.traceID })
        let failed = try #require(spans.first { $0.operationName == "km.answer" })
        #expect(failed.status?.code == .error)
        #expect(failed.attributes.get("error.type") == .string("Quoting"))
        #expect(spans.allSatisfy { $0.errors.isEmpty })
        #expect(!"\(spans)".contains("9491339401250765"))
    }
}
