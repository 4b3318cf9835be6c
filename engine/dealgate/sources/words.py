"""What columns are called in CRMs and spreadsheets, in English, German, French and Spanish; data for drafts.

Words are compared folded: small letters and digits only, accents taken off, ``__c`` left out.
"""

from __future__ import annotations

import re
import unicodedata

FIELDS: dict[str, str] = {
    "id": (
        "id, deal id, opportunity id, record id, dealid, opportunityid, crm id, lead id, mql id, nr, "
        "nummer, deal nr, vorgangsnummer, opportunity nr, numero, numéro, identifiant, identificador, "
        "key, external id, uuid, hs object id"
    ),
    "name": (
        "name, deal name, dealname, opportunity name, opportunity, deal, title, subject, bezeichnung, "
        "titel, verkaufschance, nom, nom de l'affaire, affaire, opportunité, nombre, nombre del negocio, "
        "negocio, oportunidad, asunto"
    ),
    "pipeline": "pipeline, pipeline name, pipelineid, sales process, record type, tubería, embudo",
    "stage": (
        "stage, stage name, deal stage, dealstage, sales stage, stagename, step, phase, vertriebsphase, "
        "verkaufsphase, stufe, étape, etape, fase, etapa, etapa del negocio, pipeline stage, stage id"
    ),
    "status": (
        "status, deal status, state, opportunity status, zustand, statut, état, estado, outcome, result, ergebnis"
    ),
    "outcome_reason": (
        "lost reason, loss reason, closed lost reason, reason lost, won lost reason, verlustgrund, raison "
        "de la perte, motivo de pérdida, reason"
    ),
    "amount": (
        "amount, deal value, value, deal amount, opportunity value, close value, revenue, expected "
        "revenue, tcv, acv, arr, total, price, betrag, wert, summe, umsatz, auftragswert, volumen, "
        "montant, valeur, importe, monto, valor, est revenue, estimated revenue, weighted value, amount "
        "in company currency"
    ),
    "list_amount": "list price, list amount, sales price, listenpreis, prix catalogue, precio de lista",
    "budget_amount": "budget, budget amount, presupuesto",
    "discount": "discount, discount percent, rabatt, nachlass, remise, descuento",
    "probability": (
        "probability, win probability, forecast probability, chance, wahrscheinlichkeit, "
        "abschlusswahrscheinlichkeit, probabilité, probabilidad, confidence"
    ),
    "close_date": (
        "close date, closedate, expected close date, estimated close date, est close date, expected "
        "closing, closing date, abschlussdatum, erwarteter abschluss, abschluss, schlusstermin, date de "
        "clôture, date de cloture, clôture prévue, fecha de cierre, cierre, cierre previsto, expected "
        "close"
    ),
    "closed_on": (
        "closed on, actual close date, closed date, won time, won date, lost time, close time, "
        "abgeschlossen am, fecha de cierre real"
    ),
    "created_at": (
        "created, created at, created date, createdate, create date, createdon, add time, date created, "
        "creation date, angelegt am, erstellt am, erstelldatum, anlagedatum, erfasst am, date de "
        "création, créé le, fecha de creación, creado el, first contact date"
    ),
    "updated_at": (
        "updated, updated at, last modified, last modified date, modified on, update time, geändert am, "
        "modifié le, date de modification, modificado el, fecha de modificación"
    ),
    "source": "source, lead source, original source, quelle, herkunft, leadquelle, origine, origin, origen, fuente",
    "segment": "segment, segmento, customer segment",
    "region": "region, territory, gebiet, vertriebsgebiet, région, territoire, región, territorio",
    "product": "product, product name, produkt, artikel, produit, producto",
    "deal_type": "type, deal type, dealtype, opportunity type, art, typ, type d'affaire, tipo, tipo de negocio",
    "forecast_category": (
        "forecast category, forecast, forecastcategory, forecast category name, prognosekategorie, "
        "catégorie de prévision, categoría de pronóstico"
    ),
    "next_step": "next step, nextstep, next steps, nächster schritt, prochaine étape, próximo paso, siguiente paso",
    "next_step_on": (
        "next step date, next activity date, next activity, wiedervorlage, nächste aktivität, prochaine "
        "activité, próxima actividad"
    ),
    "last_activity_on": (
        "last activity, last activity date, last contacted, letzte aktivität, letzter kontakt, dernière "
        "activité, última actividad"
    ),
    "stage_entered_on": (
        "stage entered, stage entered on, date entered stage, last stage change date, stage change time"
    ),
    "competitor": "competitor, main competitor, competitors, main competitors, wettbewerber, concurrent, competidor",
    "pain_statement": "pain, pain point, pain points, problem, problema, problème",
    "decision_criteria": "decision criteria, entscheidungskriterien, critères de décision, criterios de decisión",
    "decision_process": "decision process, entscheidungsprozess, processus de décision, proceso de decisión",
    "owner.id": "owner id, ownerid, hubspot owner id, user id, rep id",
    "owner.name": (
        "owner, owner name, deal owner, opportunity owner, rep, sales rep, sales agent, salesperson, "
        "account executive, ae, verkäufer, vertriebler, zuständig, besitzer, inhaber, verantwortlicher, "
        "bearbeiter, propriétaire, commercial, vendeur, responsable, propietario, vendedor, comercial"
    ),
    "owner.team": "team, sales team, owner team, équipe, equipo",
    "owner.manager": "manager, owner manager, sales manager, vorgesetzter, vertriebsleiter, gerente, jefe",
    "owner.region": "regional office, owner region, office",
    "account.id": "account id, accountid, company id, customer id, kundennummer, kunden nr, org id",
    "account.name": (
        "account, account name, company, company name, customer, customer name, client, organization, "
        "organisation, kunde, kundenname, firma, unternehmen, société, entreprise, compte, cliente, "
        "empresa, cuenta"
    ),
    "account.industry": "industry, sector, branche, secteur, industrie, sector industrial, industria, vertical",
    "account.employees": (
        "employees, number of employees, company size, headcount, mitarbeiter, mitarbeiterzahl, effectif, "
        "employés, empleados, número de empleados"
    ),
    "account.revenue": (
        "annual revenue, company revenue, yearly revenue, jahresumsatz, chiffre d'affaires, ingresos anuales"
    ),
    "account.country": "country, billing country, land, pays, país, office location, headquarters",
    "account.parent": "parent account, parent company, parent, muttergesellschaft, subsidiary of, société mère",
    "account.founded": "founded, year founded, year established, gründungsjahr, année de création",
    "converted_to": "converted opportunity id, converted opportunity, converted to",
    "converted_at": "converted date, converted at, conversion date",
}
"""By field the words its column goes by."""

CURRENCY = "currency, currency code, currencyisocode, deal currency code, währung, devise, moneda, divisa"

STATUS: dict[str, str] = {
    "won": (
        "won, closed won, closedwon, win, gewonnen, gagné, gagnée, ganado, ganada, signed, closed "
        "converted, abgeschlossen gewonnen"
    ),
    "lost": (
        "lost, closed lost, closedlost, loss, verloren, perdu, perdue, perdido, perdida, rejected, "
        "abgelehnt, disqualified, closed not converted"
    ),
    "cancelled": "cancelled, canceled, abandoned, deleted, storniert, annulé, cancelado",
    "open": "open, in progress, active, offen, ouvert, en cours, abierto, abierta, en curso",
}
"""Words for a closed or open deal, whichever column they stand in."""

STAGES: dict[str, str] = {
    "prospecting": (
        "prospecting, prospect, new, lead, cold, suspect, neu, erstkontakt, akquise, nouveau, "
        "prospection, nuevo, prospección, appointment scheduled, contact made, lead in"
    ),
    "qualification": (
        "qualification, qualified, qualify, qualifying, engaging, discovery, qualifizierung, "
        "qualifiziert, qualifié, calificación, calificado, cualificación, qualified to buy"
    ),
    "needs-assessment": (
        "needs analysis, needs assessment, needs defined, assessment, evaluation, demo, demo scheduled, "
        "solution, presentation, presentation scheduled, value proposition, id decision makers, "
        "perception analysis, decision maker bought in, decision maker boughtin, bedarfsanalyse, analyse, "
        "analyse des besoins, análisis de necesidades, validation"
    ),
    "proposal": (
        "proposal, proposal price quote, quote, quotation, offer, proposal made, proposal sent, angebot, "
        "angebotsphase, offre, proposition, devis, propuesta, oferta, cotización, presupuesto enviado"
    ),
    "close": (
        "close, closing, negotiation, negotiation review, negotiations started, contract, contract sent, "
        "commit, verhandlung, vertrag, abschluss, négociation, contrat, negociación, contrato"
    ),
    "post-sale": "post sale, onboarding, customer, implementation",
}
"""Words for stages, offered only where the process has a stage of that id."""

CHOICES: dict[str, dict[str, str]] = {
    "deal_type": {
        "new": "new, new business, newbusiness, new customer, neukunde, neugeschäft, nouveau client, nuevo cliente",
        "expansion": "expansion, upsell, cross sell, existing business, existingbusiness, upgrade, "
        "existing customer upgrade, bestandskunde, ampliación",
        "renewal": "renewal, verlängerung, renouvellement, renovación, existing customer replacement",
    },
    "forecast_category": {
        "omitted": "omitted, omit",
        "pipeline": "pipeline",
        "best_case": "best case, bestcase, upside, most likely, mostlikely",
        "commit": "commit, forecast",
        "closed": "closed",
    },
    "stage": STAGES,
    "status": STATUS,
}
"""By choice field the words for its options."""

# what exports of HubSpot put before every field
_PREFIX = re.compile(r"^propert(?:y|ies)[_.]")
_CODE = re.compile(r"[(\[]([^)\]]*)[)\]]")


def folded(text: str) -> str:
    """Small letters and digits only, accents taken off: ``Montant (€)`` is ``montant``, ``Budget__c`` is ``budget``."""
    word = _PREFIX.sub("", _CODE.sub(" ", text).casefold().strip()).removesuffix("__c")
    plain = unicodedata.normalize("NFKD", word)
    return "".join(char for char in plain if char.isalnum())


def folded_words(words: str) -> frozenset[str]:
    """The words of a list, folded."""
    return frozenset(folded(word) for word in words.split(","))
