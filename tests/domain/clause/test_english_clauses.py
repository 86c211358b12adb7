"""English clauses in many wordings, and others that only look like them, each with what it says."""

from __future__ import annotations

import pytest

from tests.domain.clause.paper import said

CLAUSES = [
    (
        "Customer shall pay all undisputed amounts within forty-five (45) days after receipt of a correct invoice.",
        "payment_term 45d",
    ),
    ("Payment is due net 30 from the invoice date.", "payment_term 30d"),
    ("Invoices shall be paid no later than 20 business days following receipt.", "payment_term 20bd"),
    ("All fees are payable upon receipt of invoice.", "payment_term 0d"),
    ("Payment terms: 60 days end of month.", "payment_term 60d"),
    ("The Client will remit payment within two months of the invoice date.", "payment_term 60d"),
    ("The Purchaser shall settle each invoice within 14 calendar days from the date of issue.", "payment_term 14d"),
    ("Supplier shall refund any prepaid fees within 30 days of termination.", ""),
    ("Customer must notify Supplier of any disputed invoice within 15 days of receipt.", ""),
    ("If an invoice remains unpaid for more than 30 days, Supplier may suspend the Services.", ""),
    ("Supplier shall deliver the Goods within 30 days of receipt of the order.", ""),
    (
        "Customer shall pay a non-refundable deposit equal to 40% of the Contract Price upon signature.",
        "prepayment 0.40",
    ),
    ("Thirty percent (30%) of the total price is payable in advance.", "prepayment 0.30"),
    ("Fees are invoiced annually in advance.", "prepayment 1.00"),
    ("No advance payment is required.", "prepayment 0.00"),
    ("A down payment of 20% is due on execution of this Agreement.", "prepayment 0.20"),
    (
        "Any amount not paid when due shall accrue interest at the rate of 1% per month.",
        "late_payment_rate 0.01/month",
    ),
    ("Supplier may charge interest on overdue sums at 8% per annum.", "late_payment_rate 0.08/year"),
    (
        "If Customer fails to make payment when due, it shall pay a late charge of 0.05% per day of the "
        "outstanding amount.",
        "late_payment_rate 0.0005/day",
    ),
    ("Late payments bear interest at 4% per annum above the base rate of the Bank of England.", ""),
    (
        "If Supplier fails to deliver by the Delivery Date, Supplier shall pay liquidated damages of 0.5% "
        "of the Contract Price for each week of delay, not to exceed 5% of the Contract Price.",
        "delay_penalty_rate 0.005/week; penalty_cap 0.05",
    ),
    (
        "For every day of delay in delivery the Vendor shall pay a penalty of 0.1% of the order value. "
        "The total penalty is capped at 10% of the order value.",
        "delay_penalty_rate 0.001/day; penalty_cap 0.10",
    ),
    (
        "Customer may withhold 1% of the fees per week for late delivery, without limit.",
        "delay_penalty_rate 0.01/week; penalty_cap none",
    ),
    (
        "Should completion be delayed, the Contractor is liable for delay damages at 0.3% of the contract "
        "sum per day up to a maximum of twenty percent (20%).",
        "delay_penalty_rate 0.003/day; penalty_cap 0.20",
    ),
    ("If Buyer fails to take delivery on time, Buyer shall pay storage charges of 0.1% per day.", ""),
    (
        "In the event of a material breach, the breaching party shall pay a penalty equal to 15% of the "
        "Contract Price.",
        "fixed_penalty 0.15",
    ),
    (
        "Supplier shall pay Customer a penalty of 10% of the total fees if it subcontracts without consent.",
        "fixed_penalty 0.10",
    ),
    ("If monthly uptime falls below 99.5%, Customer receives a service credit of 5% of the monthly fee.", ""),
    (
        "Supplier's aggregate liability arising out of this Agreement shall not exceed the total fees "
        "paid by Customer during the twelve months preceding the event.",
        "liability_cap fees_12m",
    ),
    (
        "In no event shall either party's liability exceed two times the fees payable under this Agreement.",
        "liability_cap 2.00x",
    ),
    ("The Vendor's total liability is limited to the contract price.", "liability_cap 1.00x"),
    ("Supplier's maximum aggregate liability shall be USD 1,000,000.", "liability_cap USD 1000000.00"),
    ("Supplier's liability under this Agreement shall be unlimited.", "liability_cap unlimited"),
    (
        "The liability of the Provider shall in no case exceed 125% of the charges paid in the preceding "
        "twelve (12) months.",
        "liability_cap 1.25x",
    ),
    ("Neither party excludes liability for death or personal injury caused by negligence.", ""),
    ("Supplier shall maintain liability insurance of not less than USD 2,000,000.", ""),
    ("Customer's liability shall not exceed USD 50,000.", ""),
    (
        "Customer may terminate this Agreement for convenience upon sixty (60) days' prior written notice to Supplier.",
        "termination_notice 60d",
    ),
    (
        "Either party may terminate this Agreement at any time by giving the other not less than three "
        "months' written notice.",
        "termination_notice 90d",
    ),
    (
        "The Client may cancel this contract at any time, for any reason, with immediate effect.",
        "termination_notice 0d",
    ),
    ("Buyer reserves the right to terminate this Order without cause on 10 days' notice.", "termination_notice 10d"),
    (
        "Either party may terminate this Agreement if the other party commits a material breach and fails "
        "to remedy it within 30 days.",
        "",
    ),
    ("Supplier may terminate this Agreement for convenience on ninety (90) days' notice.", ""),
    ("Supplier may change its prices on sixty (60) days' notice.", ""),
    (
        "This Agreement shall automatically renew for additional one (1) year terms unless either party "
        "notifies the other at least ninety (90) days before expiration.",
        "auto_renewal 12m; renewal_notice 90d",
    ),
    ("The term shall not automatically renew.", "auto_renewal none"),
    (
        "Upon expiry the contract is extended automatically by twenty-four months unless terminated with "
        "a notice period of three months before the end of the term.",
        "auto_renewal 24m; renewal_notice 90d",
    ),
    ("This Agreement renews on a month-to-month basis automatically.", "auto_renewal 1m"),
    ("The parties may renew this Agreement by mutual written agreement.", ""),
    ("This Agreement shall be construed in accordance with the laws of England and Wales.", "governing_law GB-ENG"),
    ("This contract is subject to Swiss law.", "governing_law CH"),
    ("The laws of the Republic of Singapore shall apply to this Agreement.", "governing_law SG"),
    ("This Agreement is governed by the laws of the People's Republic of China.", "governing_law CN"),
    ("Supplier is a company organized under the laws of the State of Delaware.", ""),
    ("Any dispute shall be submitted to CIETAC for arbitration in Beijing.", "dispute arb/CIETAC"),
    ("All disputes shall be finally resolved by arbitration under the LCIA Rules in London.", "dispute arb/LCIA"),
    ("The parties submit to the exclusive jurisdiction of the courts of Singapore.", "dispute court/Singapore"),
    (
        "Any legal action shall be brought exclusively in the courts of the defendant's domicile.",
        "dispute court/defendant",
    ),
    ("Disputes shall be heard by the courts at the Supplier's registered office.", "dispute court/supplier"),
    ("Venue for any action lies in Travis County, Texas.", "dispute court/Texas"),
    (
        "The obligations of confidentiality shall continue for a period of two years following termination.",
        "confidentiality_term 24m",
    ),
    ("Each party's confidentiality obligations survive indefinitely.", "confidentiality_term perpetual"),
    (
        "The Receiving Party shall keep the Confidential Information secret for five (5) years from the "
        "date of disclosure.",
        "confidentiality_term 60m",
    ),
    ("The Receiving Party shall return all Confidential Information within 30 days.", ""),
    ("For two years after termination neither party shall solicit the employees of the other.", ""),
    (
        "Supplier warrants that the Goods will be free from defects for a period of eighteen (18) months "
        "after delivery.",
        "warranty_period 18m",
    ),
    ("The warranty period is one year from acceptance.", "warranty_period 12m"),
    ("The Equipment is guaranteed for 36 months against defective materials.", "warranty_period 36m"),
    ("Warranty claims must be notified within 30 days of discovery.", ""),
    ("Each party warrants that it has the authority to enter into this Agreement.", ""),
    (
        "All intellectual property rights in the Deliverables shall belong to Customer upon payment.",
        "ip_owner customer",
    ),
    ("Supplier shall own all right, title and interest in the Software and any improvements.", "ip_owner supplier"),
    ("Intellectual property created jointly shall be jointly owned by the parties.", "ip_owner joint"),
    ("Contractor hereby assigns to Client all right, title and interest in the Work Product.", "ip_owner customer"),
    ("Customer retains all right, title and interest in Customer Data.", ""),
    ("The total contract value is EUR 1,250,000.", "total_amount EUR 1250000.00"),
    ("The Contract Price is GBP 75,000 exclusive of VAT.", "total_amount GBP 75000.00"),
    ("Total price: JPY 12,000,000", "total_amount JPY 12000000.00"),
    ("The hourly rate is USD 150 per hour.", ""),
    ("The monthly fee is USD 2,000.", ""),
    (
        "The total price is USD 250,000 (two hundred thousand US dollars).",
        "total_amount USD 250000.00; amount_mismatch total_amount",
    ),
    ("The Customer undertakes to pay all invoices within thirty days from the invoice date.", "payment_term 30d"),
    ("Invoices are payable 21 days after the date of the invoice.", "payment_term 21d"),
    (
        "Payment shall be made by wire transfer within 45 days following acceptance of the Deliverables.",
        "payment_term 45d",
    ),
    ("Standard payment terms are Net-60.", "payment_term 60d"),
    ("Client agrees to pay Consultant within ten (10) business days of receiving each invoice.", "payment_term 10bd"),
    ("Unless otherwise agreed, the price is due thirty (30) days after delivery.", "payment_term 30d"),
    ("Payment is due immediately upon receipt of the invoice.", "payment_term 0d"),
    ("Vendor will respond to support requests within 2 business days.", ""),
    ("Supplier shall pay its subcontractors within 30 days of receipt of their invoices.", ""),
    ("Purchaser shall inspect the goods within 10 days after delivery.", ""),
    ("An up-front payment of fifty percent (50%) of the fees shall be made upon execution.", "prepayment 0.50"),
    (
        "Buyer shall pay 25% of the Purchase Price in advance and the balance within 30 days after shipment.",
        "prepayment 0.25; payment_term 30d",
    ),
    ("The annual subscription fee is payable in full in advance.", "prepayment 1.00"),
    ("Tenant shall pay a security deposit of two months' rent.", ""),
    ("Overdue invoices will be subject to interest at 1.5 percent per month.", "late_payment_rate 0.015/month"),
    ("Interest shall accrue on any unpaid balance at ten percent (10%) per year.", "late_payment_rate 0.1/year"),
    ("A late fee of 2% per month applies to past due amounts.", "late_payment_rate 0.02/month"),
    (
        "For each full week of late delivery, Seller shall credit Buyer 0.75% of the price of the delayed "
        "goods, up to 7.5% of that price.",
        "delay_penalty_rate 0.0075/week; penalty_cap 0.075",
    ),
    (
        "In case of delay attributable to Contractor, a penalty of 0.2% of the contract value per calendar "
        "day shall be payable, limited to 15% of the contract value.",
        "delay_penalty_rate 0.002/day; penalty_cap 0.15",
    ),
    (
        "Liquidated damages for late completion: 0.1% per day, maximum 10% of the contract price.",
        "delay_penalty_rate 0.001/day; penalty_cap 0.10",
    ),
    (
        "If the Supplier is late, the Customer shall be entitled to a reduction of 1% of the price per "
        "week of delay; there is no cap on such reductions.",
        "delay_penalty_rate 0.01/week; penalty_cap none",
    ),
    (
        "If Customer terminates early, Customer shall pay a termination fee of 25% of the remaining fees.",
        "fixed_penalty 0.25",
    ),
    ("Prices may increase by up to 5% per year.", ""),
    ("Supplier shall achieve 99.9% availability each month.", ""),
    (
        "Except for breaches of confidentiality, each party's total liability under this Agreement is "
        "capped at the total fees paid under this Agreement.",
        "liability_cap paid_fees",
    ),
    (
        "THE VENDOR'S LIABILITY SHALL NOT EXCEED THE AMOUNT OF FEES PAID BY CLIENT IN THE SIX (6) MONTHS "
        "PRIOR TO THE EVENT.",
        "liability_cap fees_6m",
    ),
    ("Contractor's overall liability shall be limited to 200% of the Contract Price.", "liability_cap 2.00x"),
    ("The Consultant's liability is limited to EUR 500,000 in aggregate.", "liability_cap EUR 500000.00"),
    ("There shall be no limit on the Contractor's liability under this contract.", "liability_cap unlimited"),
    ("Neither party shall be liable for indirect or consequential damages.", ""),
    ("Client may terminate this SOW without cause upon fifteen (15) days written notice.", "termination_notice 15d"),
    (
        "This Agreement may be terminated by either party for any reason upon 30 days' notice.",
        "termination_notice 30d",
    ),
    ("Customer may terminate for convenience at any time.", "termination_notice 0d"),
    ("If Supplier becomes insolvent, Customer may terminate this Agreement immediately.", ""),
    ("Upon termination, Supplier shall return all materials within 10 days.", ""),
    (
        "After the Initial Term of two years, this Agreement will renew automatically for periods of one "
        "year each, unless terminated by either party upon six months' prior notice.",
        "auto_renewal 12m; renewal_notice 180d",
    ),
    (
        "The subscription auto-renews annually unless cancelled 30 days before the renewal date.",
        "auto_renewal 12m; renewal_notice 30d",
    ),
    ("This Agreement expires at the end of the term and does not renew automatically.", "auto_renewal none"),
    (
        "This Agreement and any dispute arising from it shall be governed by and interpreted under the "
        "laws of Ontario, Canada.",
        "governing_law CA-ON",
    ),
    ("The validity and interpretation of this contract are governed by Texas law.", "governing_law US-TX"),
    ("Governing Law: Hong Kong", "governing_law HK"),
    ("French law shall apply to this Agreement to the exclusion of the CISG.", "governing_law FR"),
    ("Supplier shall comply with all applicable laws of the United States.", ""),
    (
        "Any controversy shall be settled by binding arbitration in accordance with the rules of the American "
        "Arbitration Association.",
        "dispute arb/AAA",
    ),
    ("All disputes shall be referred to the Singapore International Arbitration Centre.", "dispute arb/SIAC"),
    ("The courts of England and Wales shall have exclusive jurisdiction.", "dispute court/England"),
    (
        "Each party consents to venue in the federal courts located in San Francisco, California.",
        "dispute court/California",
    ),
    ("Exclusive place of jurisdiction is Munich.", "dispute court/Munich"),
    ("Nothing prevents either party from seeking injunctive relief in any court of competent jurisdiction.", ""),
    (
        "This confidentiality undertaking shall remain in force for three (3) years after the end of the Agreement.",
        "confidentiality_term 36m",
    ),
    (
        "Recipient's duty to protect Confidential Information expires seven years after disclosure.",
        "confidentiality_term 84m",
    ),
    ("The confidentiality obligations shall survive termination in perpetuity.", "confidentiality_term perpetual"),
    (
        "Seller warrants the products against defects for two (2) years from the date of shipment.",
        "warranty_period 24m",
    ),
    ("A 12-month warranty applies to all hardware.", "warranty_period 12m"),
    ("The Software is warranted to perform as documented for 90 days following delivery.", "warranty_period 90d"),
    (
        "Licensor shall retain ownership of the Software and all intellectual property rights therein.",
        "ip_owner supplier",
    ),
    ("Title to all Work Product shall vest exclusively in the Client.", "ip_owner customer"),
    ("All deliverables created under this Agreement are the sole property of the Customer.", "ip_owner customer"),
    ("The parties shall jointly own the results of the project.", "ip_owner joint"),
    ("The aggregate fees for the Services shall be USD 480,000.", "total_amount USD 480000.00"),
    ("In consideration of the Services, Client shall pay a fixed fee of $75,000.", "total_amount USD 75000.00"),
    ("Contract value: EUR 2.4 million", "total_amount EUR 2400000.00"),
    ("The price per licence is EUR 300.", ""),
    ("Travel expenses shall not exceed USD 5,000.", ""),
]


@pytest.mark.parametrize(("clause", "means"), CLAUSES, ids=range(len(CLAUSES)))
def test_clause_means_what_a_person_reads_in_it(clause: str, means: str) -> None:
    wanted = {tuple(each.strip().split(" ", 1)) for each in means.split(";") if each.strip()}
    assert said(clause) == wanted
