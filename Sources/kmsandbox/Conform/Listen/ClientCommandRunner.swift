#if Sandbox
import Foundation
import KMPrimitives
import KMSecurity

/// Runs the command of a client once for each case.
struct ClientCommandRunner {
    /// The program and its arguments.
    let command: [String]
    /// The path of the credentials file.
    let credentials: String
    /// The time for each run.
    let timeout: Duration

    /// Runs the command for a base URL, without its input and output.
    ///
    /// - Returns: Whether the exit status is 0, which means that the client accepted the answer; nil if the task was
    ///   cancelled before its end. A command that does not end in time is stopped, and counts as a rejection.
    /// - Throws: ``KMError`` `configurationInvalid` if the command cannot be started.
    func run(baseURL: String) async throws -> Bool? {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.environment = ProcessInfo.processInfo.environment.merging(
            ["KM_BASE_URL": baseURL, "KM_CREDENTIALS": credentials]
        ) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        do {
            try process.run()
        } catch {
            throw KMError(.configurationInvalid, "the command could not be started; check its path")
        }
        let deadline = ContinuousClock.now + timeout
        while process.isRunning {
            let isStopped = Task.isCancelled
            if isStopped || ContinuousClock.now > deadline {
                await Self.stop(process)
                return isStopped ? nil : false
            }
            try? await Task.sleep(for: .milliseconds(20))
        }
        guard process.terminationReason != .exit || process.terminationStatus != 127 else {
            throw KMError(.configurationInvalid, "there is no program \(command[0]); check the command after --")
        }
        return process.terminationReason == .exit && process.terminationStatus == 0
    }

    /// Stops a process and the processes that it started; they have two seconds to end by themselves.
    private static func stop(_ process: Process) async {
        let id = process.processIdentifier
        // Foundation starts a process in a group of its own. Without one, the group is that of this process.
        let target = getpgid(id) == id ? -id : id
        kill(target, SIGTERM)
        let deadline = ContinuousClock.now + .seconds(2)
        // Not cancelled with the task, which may be the reason to stop.
        await Task.detached {
            while process.isRunning, ContinuousClock.now < deadline {
                try? await Task.sleep(for: .milliseconds(20))
            }
        }.value
        if process.isRunning { kill(target, SIGKILL) }
    }
}
#endif
