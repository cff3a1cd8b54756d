//! Bringing plans in and out.

use std::io::Read;

use corpus::{PlanReader, PlanRecord};
use domain::{Plan, PlanId};
use store::Stored;

use crate::{Actor, Ctx, Engine, EngineError, ImportSummary, answers::refuse};

/// Plans written in one transaction.
const BATCH: usize = 500;

impl Engine {
    /// Imports plans. What is there already stays, so importing again adds nothing. A plan whose scenario is not in the
    /// database is refused with its line.
    pub async fn plans_import(
        &self,
        ctx: &Ctx,
        input: impl Read + Send,
    ) -> Result<ImportSummary, EngineError> {
        if ctx.actor != Actor::Operator {
            return Err(EngineError::Forbidden("import plans"));
        }
        let mut summary = ImportSummary::default();
        let mut batch = Vec::new();
        let mut reader = PlanReader::new(input, ctx.now_ms);
        while let Some(record) = reader.next() {
            // What stood before a broken place stays.
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    self.write_plans(&mut batch, &mut summary).await?;
                    return Err(error.into());
                }
            };
            summary.read += 1;
            match record {
                PlanRecord::Plan(plan) => batch.push((reader.line(), *plan)),
                PlanRecord::Rejected(it) => refuse(&mut summary, it.line, it.reason),
            }
            if batch.len() >= BATCH {
                self.write_plans(&mut batch, &mut summary).await?;
            }
        }
        self.write_plans(&mut batch, &mut summary).await?;
        Ok(summary)
    }

    /// Puts the seed plans beside the sample pack. `None` where there are plans already.
    pub async fn plan_pack_import(&self, ctx: &Ctx) -> Result<Option<ImportSummary>, EngineError> {
        if !self.store.plans_list(None, 1).await?.is_empty() {
            return Ok(None);
        }
        self.plans_import(ctx, corpus::plan_pack()).await.map(Some)
    }

    /// Up to `limit` plans behind `after` as lines, and where to go on.
    pub async fn plans_export(
        &self,
        ctx: &Ctx,
        after: Option<&PlanId>,
        limit: u32,
    ) -> Result<(String, Option<PlanId>), EngineError> {
        if ctx.actor != Actor::Operator {
            return Err(EngineError::Forbidden("export all plans"));
        }
        let plans = self.store.plans_list(after, limit).await?;
        let lines = plans.iter().map(|it| corpus::plan_line(it) + "\n").collect();
        Ok((lines, plans.last().map(|it| it.id.clone())))
    }

    async fn write_plans(
        &self,
        batch: &mut Vec<(u64, Plan)>,
        summary: &mut ImportSummary,
    ) -> Result<(), EngineError> {
        let (mut lines, mut plans) = (Vec::new(), Vec::new());
        for (line, plan) in batch.drain(..) {
            match self.store.scenario_fetch(&plan.scenario).await? {
                Some((_, scenario)) => {
                    lines.push(line);
                    plans.push((plan, corpus::place(&scenario)));
                }
                None => refuse(summary, line, nowhere(&plan)),
            }
        }
        let stored = self.store.plans_insert(&plans).await?;
        for ((line, (plan, _)), stored) in lines.into_iter().zip(&plans).zip(stored) {
            match stored {
                Stored::Added => summary.added += 1,
                Stored::AlreadyPresent => summary.already_present += 1,
                Stored::NoScenario => refuse(summary, line, nowhere(plan)),
            }
        }
        Ok(())
    }
}

fn nowhere(plan: &Plan) -> String {
    format!("the scenario {} is not in the database; import it first", plan.scenario)
}
