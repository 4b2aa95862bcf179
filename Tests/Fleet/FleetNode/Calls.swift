import Foundation
import KMSecurity
import Synchronization

/// Calls the peers of a node, one call after the other, until it is stopped.
final class Calls: Sendable {
    private struct Counts {
        var answered = 0
        var rejected = 0
        var resent = 0
        /// The longest time of a call since the last report, in microseconds.
        var longest = 0
    }

    private let client: ClientSecurity
    private let endpoint: Endpoint
    private let peers: [String]
    private let rate: Int
    private let counts = Mutex(Counts())
    private let isStopping = Atomic<Bool>(false)
    private let hasStopped = Atomic<Bool>(false)

    init(_ client: ClientSecurity, _ endpoint: Endpoint, peers: [String], rate: Int) {
        (self.client, self.endpoint, self.peers, self.rate) = (client, endpoint, peers, rate)
    }

    /// Ends the calls after the one in progress.
    func stop() async {
        isStopping.store(true, ordering: .relaxed)
        while !hasStopped.load(ordering: .relaxed) { try? await Task.sleep(for: .milliseconds(5)) }
    }

    func report() {
        let counts = counts.withLock { counts in
            defer { counts.longest = 0 }
            return counts
        }
        printLine(
            "answered \(counts.answered) rejected \(counts.rejected) resent \(counts.resent) longest \(counts.longest)"
        )
    }

    func run() {
        var channels: [String: Channel] = [:]
        var number = 0
        var reportTime = ContinuousClock.now + .seconds(1)
        while !isStopping.load(ordering: .relaxed) {
            number += 1
            call(number, &channels)
            if ContinuousClock.now >= reportTime {
                report()
                reportTime += .seconds(1)
            }
            if rate > 0 { usleep(UInt32(1_000_000 / rate)) }
        }
        hasStopped.store(true, ordering: .relaxed)
    }

    /// Calls until there is an answer: a broken connection loses no call.
    private func call(_ number: Int, _ channels: inout [String: Channel]) {
        let padding = String(repeating: "x", count: number % 600)
        let parameters = Array("{\"number\":\(number),\"text\":\"\(padding)\"}".utf8)
        while !isStopping.load(ordering: .relaxed) {
            guard let peer = peers.randomElement() else { return }
            let start = ContinuousClock.now
            do {
                guard try exchange(parameters, peer, &channels) else { return }
                let microseconds = Int(start.duration(to: .now) / .microseconds(1))
                counts.withLock { counts in
                    counts.answered += 1
                    counts.longest = max(counts.longest, microseconds)
                }
                return
            } catch is Channel.Broken {
                channels.removeValue(forKey: peer)?.close()
                counts.withLock { $0.resent += 1 }
                usleep(2000)
            } catch let error as KMError where error.code == .keyUnknown && number == 1 {
                // Before the first key is promoted, there is none to call under.
                usleep(20_000)
            } catch {
                reject("\(error)")
                return
            }
        }
    }

    private func exchange(_ parameters: [UInt8], _ peer: String, _ channels: inout [String: Channel]) throws -> Bool {
        let request = try client.sealLocally(parameters, for: endpoint)
        let channel = try channels[peer] ?? Channel.connect(peer)
        channels[peer] = channel
        try channel.send(Message(headers: request.headers, body: request.body).frame)
        guard let answer = Message(try channel.receive()) else { throw Channel.Broken() }
        guard answer.status == 200 else {
            reject("status \(answer.status) for key \(request.requestHeaders.cryptoKeyID?.text ?? "none")")
            return false
        }
        let client = client
        let opened = waiting { () -> Result<[UInt8], any Error> in
            do {
                return .success(try await client.open(answer.headers, answer.body, answering: request).parameters)
            } catch { return .failure(error) }
        }
        guard try opened.get() == parameters else {
            reject("another answer than the one that was sent")
            return false
        }
        return true
    }

    private func reject(_ reason: String) {
        counts.withLock { $0.rejected += 1 }
        printLine("REJECTED \(reason)")
    }
}

/// Prints a line at once, also to a pipe.
private func printLine(_ line: String) { try? FileHandle.standardOutput.write(contentsOf: Data("\(line)\n".utf8)) }
