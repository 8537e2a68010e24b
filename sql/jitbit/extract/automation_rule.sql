-- Grain: one row per automation rule.
-- A guess after the web API.
select top (@rows)
    coalesce(RuleID, AutomationRuleID, ID) as rule_id,
    Name as name,
    coalesce(IsEnabled, Enabled) as [enabled],
    coalesce(RuleData, [Definition], [Data]) as [definition]
from dbo.hdAutomationRules
where coalesce(RuleID, AutomationRuleID, ID) > @after_1
order by coalesce(RuleID, AutomationRuleID, ID)
