#if Sandbox
import Foundation
import KMCards
import KMSecurity

/// Answers accepted calls from the members and their cards.
///
/// Only the documented call has documented parameters. The sandbox answers two more by their effect: the registration of a
/// user and of a physical card. Every other endpoint gets a success without parameters.
struct CardsHandler: Sendable {
    let store: MemberStore
    let tokenizer: PARTokenizer

    /// Returns the parameters of the answer.
    ///
    /// - Parameters:
    ///   - call: The opened call.
    ///   - isValid: Whether the parameters follow the rules of the API page.
    /// - Returns: One JSON text.
    /// - Throws: ``PlatformError`` to reject the call; ``KMError`` if something fails on the sandbox's side.
    func answer(_ call: OpenedRequest, isValid: Bool) throws -> [UInt8] {
        guard isValid else { throw PlatformError.invalidInputParameter }
        switch call.endpoint.path {
        case Endpoint.waitingPhysicalCards.path: return try waitingCards(call)
        case "/api/v1/user/registration": return try register(call)
        case "/api/v1/prepay-card/physical/register": return try addCard(call)
        default: return PlatformResult.success.body
        }
    }

    private func waitingCards(_ call: OpenedRequest) throws -> [UInt8] {
        let query = try call.decode(TestData.Parameters.self)
        guard let member = store.member(query.userId), !member.isCancelled else {
            throw PlatformError.walletUserNotFound
        }
        guard
            let card = member.cards.first(where: {
                $0.cardNo == query.physicalCardNo && $0.expDate == query.physicalCardExpDate
                    && $0.cvc == query.physicalCardCVC
            })
        else { throw PlatformError.invalidCardInfo }
        guard let applications = card.applications else { throw PlatformError.notFoundIssuedCards }
        // In one order, so that runs with one seed have the same parameters.
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(WaitingCards(applications, tokenizer)))
    }

    /// The parameters of a registration that the sandbox reads; others are ignored.
    private struct Registration: Decodable {
        let userId: UInt64?
    }

    private func register(_ call: OpenedRequest) throws -> [UInt8] {
        if let userId = try call.decode(Registration.self).userId { try store.register(userId) }
        return PlatformResult.success.body
    }

    private func addCard(_ call: OpenedRequest) throws -> [UInt8] {
        guard let query = try? call.decode(TestData.Parameters.self) else { return PlatformResult.success.body }
        let card = Member.Card(
            cardNo: query.physicalCardNo,
            expDate: query.physicalCardExpDate,
            cvc: query.physicalCardCVC,
            applications: []
        )
        guard try store.add(card, to: query.userId) else { throw PlatformError.walletUserNotFound }
        return PlatformResult.success.body
    }
}
#endif
